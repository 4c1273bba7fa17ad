namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked within a window.</summary>
internal sealed class PopularSource(TimeSpan window) : ListSource
{
    private protected override ReadOnlySpan<int> Rows(in SourceRequest request, int depth) => request.Snapshot.Popular(window, depth);
}
