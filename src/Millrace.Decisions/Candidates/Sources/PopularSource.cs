using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>The most clicked within a window.</summary>
internal sealed class PopularSource(TimeSpan window, FeatureSet features) : ListSource
{
    private readonly int _state = features.PopularState(window);

    private protected override ReadOnlySpan<int> Rows(in SourceRequest request, int depth) =>
        _state < 0 ? [] : request.Snapshot.Lists.Popular((ListedCounts.Frozen)request.Snapshot.State(_state), depth);
}
