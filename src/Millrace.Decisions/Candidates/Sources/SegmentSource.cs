namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked of the request's segment within a window; nothing for a request that names none, or one that is too small for a list.</summary>
internal sealed class SegmentSource(TimeSpan window) : ListSource
{
    private protected override ReadOnlySpan<int> Rows(in SourceRequest request, int depth) =>
        request.Segment is { } segment ? request.Snapshot.SegmentList(segment, window, depth) : [];
}
