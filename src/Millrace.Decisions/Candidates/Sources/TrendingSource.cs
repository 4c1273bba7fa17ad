using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>What rises: clicked more within a window than in the window before.</summary>
internal sealed class TrendingSource(TimeSpan window, FeatureSet features) : ListSource
{
    private readonly int _now = features.PopularState(window);
    private readonly int _twice = features.PopularState(2 * window);

    private protected override ReadOnlySpan<int> Rows(in SourceRequest request, int depth)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        return _now < 0 || _twice < 0 ? [] : snapshot.Lists.Trending((ListedCounts.Frozen)snapshot.State(_now), (ListedCounts.Frozen)snapshot.State(_twice), depth);
    }
}
