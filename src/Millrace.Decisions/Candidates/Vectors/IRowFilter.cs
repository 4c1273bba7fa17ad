namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Which rows a search may answer with. Asked within the scan; a struct, so that the JIT can inline it.</summary>
public interface IRowFilter
{
    /// <summary>How many rows it allows, at most; null when it cannot tell: the search then takes it for all of them.</summary>
    int? Count { get; }

    /// <summary>Whether <paramref name="row"/> may be answered.</summary>
    bool Allows(int row);

    /// <summary>About which share of some rows it allows, of which a search makes out how many lists to look at; asked again while it looks.</summary>
    float Share(int rows);

    /// <summary>Whether the search should end with what it has found by now. Asked between lists.</summary>
    bool IsOver { get; }

    /// <summary>The first allowed row from <paramref name="row"/> on; −1 when there is none. Asked only when <see cref="Count"/> is known.</summary>
    int Next(int row);
}

/// <summary>Every row.</summary>
public readonly struct AllRows : IRowFilter
{
    /// <inheritdoc/>
    public int? Count => null;

    /// <inheritdoc/>
    public float Share(int rows) => 1;

    /// <inheritdoc/>
    public bool IsOver => false;

    /// <inheritdoc/>
    public bool Allows(int row) => true;

    /// <inheritdoc/>
    public int Next(int row) => throw new NotSupportedException("All rows have no end.");
}

/// <summary>The rows that a predicate holds for, of which nobody knows how many they are.</summary>
public readonly struct RowPredicate(Func<int, bool> allows) : IRowFilter
{
    /// <inheritdoc/>
    public int? Count => null;

    /// <inheritdoc/>
    public float Share(int rows) => 1;

    /// <inheritdoc/>
    public bool IsOver => false;

    /// <inheritdoc/>
    public bool Allows(int row) => allows(row);

    /// <inheritdoc/>
    public int Next(int row) => throw new NotSupportedException("A predicate does not list its rows.");
}
