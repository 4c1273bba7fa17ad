namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked within a window.</summary>
internal sealed class PopularSource(TimeSpan window) : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink) => sink.Offer(request.Snapshot.Popular(window, sink.Depth));
}
