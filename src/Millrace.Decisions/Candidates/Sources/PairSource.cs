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
        pairs.Add(clicked[..Math.Min(pairs.Feature.Depth, clicked.Length)], pairs.Feature.Fade, request);
        Offer(request, sink);
    }

    /// <summary>Offers the best of the scores.</summary>
    internal static void Offer(in SourceRequest request, CandidateSink sink)
    {
        foreach (ref readonly ScoredRow row in request.Scratch.Scores.Best(sink.Depth, request.Snapshot))
        {
            if (!sink.Offer(row.Row)) return;
        }
    }
}
