using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>What goes with what the user clicked in any session: the sum over the last items, each counting alike, since none of them is what the user does now.</summary>
/// <param name="pairs">Whose pairs.</param>
/// <param name="section">The user's clicks.</param>
/// <param name="window">How far back they count.</param>
internal sealed class AlsoLikedSource(BoundPairs pairs, (PersonEntity Of, int Index) section, TimeSpan window) : ICandidateSource
{
    /// <summary>So many of the user's last items are looked at.</summary>
    private const int Most = 20;

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        ReadOnlySpan<int> liked = request.Scratch.Read.Items(request.Inputs, section, window).Rows;
        pairs.Add(liked[..Math.Min(Most, liked.Length)], fade: 1, request, sink);
        PairSource.Offer(request, sink);
    }
}
