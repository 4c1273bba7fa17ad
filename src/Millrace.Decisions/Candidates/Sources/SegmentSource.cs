namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked of the request's segment within a window; nothing for a request that names none, or one that is too small for a list.</summary>
internal sealed class SegmentSource(TimeSpan window) : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        if (request.Segment is { } segment) sink.Offer(request.Snapshot.SegmentList(segment, window, sink.Depth));
    }
}
