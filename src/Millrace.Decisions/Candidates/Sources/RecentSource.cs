namespace Millrace.Decisions.Candidates;

/// <summary>The newest.</summary>
internal sealed class RecentSource : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink) => sink.Offer(request.Snapshot.Recent);
}
