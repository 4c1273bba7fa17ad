namespace Millrace.Decisions.Candidates;

/// <summary>What rises: clicked more within a window than in the window before.</summary>
internal sealed class TrendingSource(TimeSpan window) : ListSource
{
    private protected override ReadOnlySpan<int> Rows(in SourceRequest request, int depth) => request.Snapshot.Trending(window, depth);
}
