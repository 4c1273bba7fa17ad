namespace Millrace.Features.Online;

/// <summary>The cells of one row, one behind the other as in the row itself, or each among the same cells of other rows.</summary>
/// <param name="cells">From its first cell on.</param>
/// <param name="stride">How far one is from the next.</param>
internal readonly ref struct CellRow(ReadOnlySpan<uint> cells, int stride)
{
    private readonly ReadOnlySpan<uint> _cells = cells;
    private readonly int _stride = stride;

    internal uint this[int at] => _cells[at * _stride];

    /// <summary>The number that takes two cells from <paramref name="at"/> on.</summary>
    internal long Long(int at) => (long)(this[at] | ((ulong)this[at + 1] << 32));

    public static implicit operator CellRow(ReadOnlySpan<uint> cells) => new(cells, 1);
}
