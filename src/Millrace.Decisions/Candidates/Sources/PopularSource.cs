using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked within a window.</summary>
internal sealed class PopularSource(TimeSpan window, FeatureSet features) : ICandidateSource
{
    private readonly int _state = features.PopularState(window);

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        if (_state >= 0) sink.Offer(snapshot.Lists.Popular((ListedCounts.Frozen)snapshot.State(_state), sink.Depth));
    }
}
