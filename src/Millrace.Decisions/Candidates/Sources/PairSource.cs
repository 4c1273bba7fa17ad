namespace Millrace.Decisions.Candidates;

/// <summary>
/// What goes with all that the session clicked last, together: shares of each item's pairs, fading and shrunk as the feature says which it is
/// ranked by.
/// </summary>
/// <param name="pairs">Whose pairs.</param>
internal sealed class PairSource(BoundPairs pairs) : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        ReadOnlySpan<int> clicked = request.Scratch.Read.Recent(request.Inputs);
        pairs.Add(clicked[..Math.Min(pairs.Feature.Depth, clicked.Length)], pairs.Feature.Fade, request, sink);
        Offer(request, sink);
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
