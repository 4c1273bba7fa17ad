namespace Millrace.Decisions.Candidates;

/// <summary>What rises: clicked more within a window than in the window before.</summary>
internal sealed class TrendingSource(TimeSpan window) : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink) => sink.Offer(request.Snapshot.Trending(window, sink.Depth));
}
