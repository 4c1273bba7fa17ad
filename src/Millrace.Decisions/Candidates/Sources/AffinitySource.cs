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
internal sealed class AffinitySource(AffinityFeature feature, (PersonEntity Of, int Index) section, TimeSpan window) : ICandidateSource
{
    /// <summary>So many of the person's values are looked at.</summary>
    private const int Values = 8;

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        PersonItems items = request.Scratch.Read.Items(request.Inputs, section, feature.Sections[0].Reach);
        if (items.Rows.IsEmpty) return;
        var state = snapshot.State<CatalogueState.Frozen>(feature.States[0]);
        ValueTally tally = request.Scratch.Read.Tally;
        tally.Fill(snapshot, state, items.Rows, items.Weights(feature.HalfLife));
        Span<uint> values = stackalloc uint[Values];
        Span<long> weights = stackalloc long[Values];
        int count = tally.Best(values, weights);
        long total = 0;
        foreach (long weight in weights[..count]) total += weight;
        var lists = snapshot.Lists.ByValue(state, (ListedCounts.Frozen)snapshot.State(snapshot.Features.PopularState(window)));
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
