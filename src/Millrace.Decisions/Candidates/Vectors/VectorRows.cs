namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// The vectors by row, at length 1, in pages. One thread writes. A reader never waits: a row that is being rewritten at that moment counts as absent.
/// </summary>
internal sealed class VectorRows(int stride)
{
    private const int PageRows = 4096;

    // State of a row: bit 0 while it is written, bit 1 when it is there, above them a number that grows with each write, so that a reader sees that one came between.
    private const int Written = 1;
    private const int There = 2;
    private const int Step = 4;

    private Page?[] _pages = [];

    internal int Stride => stride;

    /// <summary>No row is this or above.</summary>
    internal int End => Volatile.Read(ref _pages).Length * PageRows;

    internal long Bytes { get; private set; }

    internal void Write(int row, ReadOnlySpan<float> unit)
    {
        Page page = PageFor(row);
        ref int state = ref page.States[row % PageRows];
        int before = state;
        Volatile.Write(ref state, before | Written);
        Volatile.WriteBarrier();
        unit.CopyTo(page.Of(row, stride));
        Volatile.Write(ref state, ((before + Step) & ~Written) | There);
    }

    internal void Erase(int row)
    {
        ref int state = ref PageFor(row).States[row % PageRows];
        Volatile.Write(ref state, (state + Step) & ~There);
    }

    internal bool Has(int row) => PageOf(row) is { } page && (page.States[row % PageRows] & There) != 0;

    /// <summary>The vector of a row that is there; for the thread that writes.</summary>
    internal ReadOnlySpan<float> Of(int row) => PageOf(row)!.Of(row, stride);

    /// <summary>Where the row's entry is: list and entry; for the thread that writes.</summary>
    internal ref (int List, int Entry) Place(int row) => ref PageFor(row).Places[row % PageRows];

    /// <summary>The similarity of a row to a query at length 1; false when the row is absent.</summary>
    internal bool TryDot(int row, ReadOnlySpan<float> query, out float similarity)
    {
        similarity = 0;
        if (PageOf(row) is not { } page) return false;
        ref int state = ref page.States[row % PageRows];
        int before = Volatile.Read(ref state);
        if ((before & (Written | There)) != There) return false;
        similarity = FloatDot.Of(page.Of(row, stride), query);
        Volatile.ReadBarrier();
        return Volatile.Read(ref state) == before;
    }

    private Page? PageOf(int row)
    {
        Page?[] pages = Volatile.Read(ref _pages);
        int page = row / PageRows;
        return page < pages.Length ? pages[page] : null;
    }

    private Page PageFor(int row)
    {
        int at = row / PageRows;
        if (at >= _pages.Length)
        {
            var grown = new Page?[Math.Max(at + 1, _pages.Length * 2)];
            _pages.CopyTo(grown, 0);
            Volatile.Write(ref _pages, grown);
        }

        if (_pages[at] is { } page) return page;
        page = new Page(stride);
        Volatile.Write(ref _pages[at], page);
        Bytes += PageRows * ((stride * sizeof(float)) + sizeof(int) + sizeof(long));
        return page;
    }

    private sealed class Page(int stride)
    {
        private readonly float[] _values = GC.AllocateArray<float>(PageRows * stride);

        internal int[] States { get; } = new int[PageRows];

        internal (int List, int Entry)[] Places { get; } = new (int, int)[PageRows];

        internal Span<float> Of(int row, int stride) => _values.AsSpan(row % PageRows * stride, stride);
    }
}
