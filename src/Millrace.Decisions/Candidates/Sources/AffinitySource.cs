using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// The most clicked, then the newest, among those that share a value with what the person chose: of the values that weigh most, each gives as large a part of the source
/// as its part of their weight.
/// </summary>
/// <param name="feature">Whose values and history they are.</param>
/// <param name="section">The history.</param>
/// <param name="window">Within which they were clicked most.</param>
/// <param name="features">Have the feature, and a popular list of that window.</param>
internal sealed class AffinitySource(AffinityFeature feature, (PersonEntity Of, int Index) section, TimeSpan window, FeatureSet features) : ICandidateSource
{
    /// <summary>So many of the person's values are looked at.</summary>
    private const int Values = 8;

    // Looking them up by value costs keys on the heap.
    private readonly int _values = features.States.IndexOf(feature.States[0]);
    private readonly int _popular = features.PopularState(window);
    private readonly TimeSpan _reach = feature.Sections[0].Reach;

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        PersonItems items = request.Scratch.Read.Items(request.Inputs, section, _reach);
        if (items.Rows.IsEmpty) return;
        var state = (CatalogueState.Frozen)snapshot.State(_values);
        ValueTally tally = request.Scratch.Read.Tally;
        tally.Fill(snapshot, state, items.Rows, items.Weights(feature.HalfLife));
        Span<uint> values = stackalloc uint[Values];
        Span<long> weights = stackalloc long[Values];
        int count = tally.Best(values, weights);
        long total = 0;
        foreach (long weight in weights[..count]) total += weight;
        var lists = snapshot.Lists.ByValue(state, (ListedCounts.Frozen)snapshot.State(_popular));
        int take = sink.Left;
        for (int i = 0; i < count && sink.Left > 0; i++)
        {
            if (!lists.TryGetValue(values[i], out int[]? rows)) continue;
            int share = (int)Math.Max(1, (take * weights[i]) / total);
            int goal = i == count - 1 ? 0 : Math.Max(0, sink.Left - share);
            foreach (int row in rows)
            {
                if (sink.Left <= goal || !sink.Offer(row)) break;
            }
        }
    }
}
