using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// What goes with all that the session clicked last, together: shares of each item's pairs, fading and shrunk as the feature says which it is ranked by. Of an item's
/// neighbours the best <see cref="CountList.MostBest"/> are looked at.
/// </summary>
internal sealed class PairSource(CooccurrenceFeature feature) : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        ReadOnlySpan<int> clicked = request.Scratch.Read.Recent(request.Inputs);
        Add(feature, clicked[..Math.Min(feature.Depth, clicked.Length)], feature.Fade, request, sink);
        Offer(request, sink);
    }

    /// <summary>Adds the neighbours of some rows to the scores, each row weighing <paramref name="fade"/> times what the one before does, for as long as there is time.</summary>
    internal static void Add(CooccurrenceFeature feature, ReadOnlySpan<int> rows, double fade, in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        var pairs = snapshot.State<SessionPairs.Frozen>(feature.Pairs);
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

    /// <summary>Offers the best of the scores, then the best of the rest while so many of those may not be shown that the source still owes some.</summary>
    internal static void Offer(in SourceRequest request, CandidateSink sink)
    {
        while (sink.Left > 0 && request.Scratch.Scores.Next(sink.Depth, request.Snapshot) is { IsEmpty: false } rows)
        {
            foreach (ref readonly ScoredRow row in rows)
            {
                if (!sink.Offer(row.Row)) return;
            }
        }
    }
}
