using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>The pairs of a feature, and where snapshots keep them. Of an item's neighbours the best <see cref="CountList.MostBest"/> are looked at.</summary>
internal sealed class BoundPairs(CooccurrenceFeature feature, FeatureSet features)
{
    // Looking it up by value costs a key on the heap and a comparison with each state.
    private readonly int _state = features.States.IndexOf(feature.Pairs);

    internal CooccurrenceFeature Feature => feature;

    /// <summary>Adds the neighbours of some rows to the scores, each row weighing <paramref name="fade"/> times what the one before does, for as long as there is time.</summary>
    internal void Add(ReadOnlySpan<int> rows, double fade, in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        var pairs = (SessionPairs.Frozen)snapshot.State(_state);
        double weight = 1;
        foreach (int row in rows)
        {
            if (sink.IsPast()) return;
            if (row >= 0 && pairs.Of(row) is { } neighbours)
            {
                double unit = weight / (neighbours.Total + feature.Shrink);
                foreach (ref readonly CountEntry entry in neighbours.Best(snapshot)) request.Scratch.Scores.Add(entry.Row, entry.Count * unit);
            }

            weight *= fade;
        }
    }
}
