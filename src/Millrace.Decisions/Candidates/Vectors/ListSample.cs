namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>
/// What a filter allows of single lists, by a sample of each. A filter that is a region of the space, such as a topic or a language, allows most of some lists and nothing of the
/// others: its share of all rows says nothing of the lists not yet looked at.
/// </summary>
internal readonly ref struct ListSample<TFilter>
    where TFilter : IRowFilter
{
    // The deviation of a sampled half is .09, and lists are many. Entries side by side: each run is a line of the cache, and 32 of them singly are 32.
    private const int Runs = 2;
    private const int RunRows = 16;
    private const int Sample = Runs * RunRows;
    private const float Unknown = -1;

    private readonly ReadOnlySpan<PostingList> _lists;
    private readonly Span<float> _shares;
    private readonly TFilter _filter;

    /// <param name="lists">The lists.</param>
    /// <param name="shares">Working memory, one for each list.</param>
    /// <param name="filter">Is asked.</param>
    internal ListSample(ReadOnlySpan<PostingList> lists, Span<float> shares, TFilter filter)
    {
        _lists = lists;
        _shares = shares;
        _filter = filter;
        shares.Fill(Unknown);
    }

    /// <summary>Whether none of a list's sample is allowed.</summary>
    internal bool IsEmpty(int list) => Sampled(list) == 0;

    /// <summary>The share of a list that is allowed; an overall share counts as one more row of the sample, so that what has none in it is not taken for nothing.</summary>
    internal float Of(int list, float overall) => ((Sampled(list) * Sample) + overall) / (Sample + 1);

    private float Sampled(int list)
    {
        ref float share = ref _shares[list];
        if (share != Unknown) return share;

        // A search may ask of thousands of lists between two that it looks at.
        if (_filter.IsOver) return 0;
        PostingList from = _lists[list];
        int count = from.Count;
        ReadOnlySpan<PostingChunk> chunks = from.Chunks;
        int live = 0;
        int allowed = 0;
        for (int run = 0; run < Runs; run++)
        {
            // The first and the last: rows are appended, and what is allowed may be what is new.
            int first = run == 0 ? 0 : Math.Max(RunRows, count - RunRows);
            int end = Math.Min(first + RunRows, count);
            for (int entry = first; entry < end; entry++)
            {
                int row = Volatile.Read(ref chunks[entry / PostingChunk.Rows].Of[entry % PostingChunk.Rows]);
                if (row == PostingList.None) continue;
                live++;
                if (_filter.Allows(row)) allowed++;
            }
        }

        return share = live == 0 ? 0 : allowed / (float)live;
    }
}
