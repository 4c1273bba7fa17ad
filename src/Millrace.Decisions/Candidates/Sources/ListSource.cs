namespace Millrace.Decisions.Candidates;

/// <summary>Offers a list of the snapshot, and goes on deeper while what is dead, excluded or filtered stands where the source still owes candidates.</summary>
internal abstract class ListSource : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        int offered = 0;
        for (int depth = sink.Depth; sink.Left > 0; depth *= 2)
        {
            ReadOnlySpan<int> rows = Rows(request, depth);
            sink.Offer(rows[offered..]);
            if (rows.Length < depth) return;
            offered = depth;
        }
    }

    /// <summary>The first rows of the list, best first; fewer than <paramref name="depth"/> when those are all.</summary>
    private protected abstract ReadOnlySpan<int> Rows(in SourceRequest request, int depth);
}
