namespace Millrace.Learning.Training.Factorisation;

/// <summary>Who acted on what, each pair once: rows of ascending columns, one after the other.</summary>
internal sealed class Interactions
{
    private readonly int[] _starts;
    private readonly int[] _columns;

    private Interactions(int[] starts, int[] columns, int columnCount) => (_starts, _columns, Columns) = (starts, columns, columnCount);

    public int Rows => _starts.Length - 1;

    public int Columns { get; }

    /// <summary>How many pairs there are.</summary>
    public int Count => _columns.Length;

    /// <summary>The columns of a row, ascending.</summary>
    public ReadOnlySpan<int> this[int row] => _columns.AsSpan(_starts[row], _starts[row + 1] - _starts[row]);

    /// <summary>Pairs in any order; what stands twice counts once.</summary>
    public static Interactions Of(IEnumerable<(int Row, int Column)> pairs, int rows, int columns)
    {
        (int Row, int Column)[] sorted = [.. pairs.Distinct().Order()];
        var starts = new int[rows + 1];
        foreach (var (row, _) in sorted)
        {
            starts[row + 1]++;
        }

        for (var row = 0; row < rows; row++)
        {
            starts[row + 1] += starts[row];
        }

        return new Interactions(starts, [.. sorted.Select(pair => pair.Column)], columns);
    }

    /// <summary>What was acted on by whom.</summary>
    public Interactions Transposed() => Of(Pairs().Select(pair => (pair.Column, pair.Row)), Columns, Rows);

    public IEnumerable<(int Row, int Column)> Pairs()
    {
        for (var row = 0; row < Rows; row++)
        {
            for (var place = _starts[row]; place < _starts[row + 1]; place++)
            {
                yield return (row, _columns[place]);
            }
        }
    }
}
