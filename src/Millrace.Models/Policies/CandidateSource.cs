namespace Millrace.Models.Policies;

/// <summary>Where candidates come from.</summary>
/// <param name="Kind">The source's kind.</param>
/// <param name="Take">At most so many candidates.</param>
/// <param name="Window">How far back it looks: <see cref="CandidateSourceKind.Popular"/>, <see cref="CandidateSourceKind.Trending"/>, <see cref="CandidateSourceKind.AlsoLiked"/>, <see cref="CandidateSourceKind.New"/>; else null.</param>
public sealed record CandidateSource(CandidateSourceKind Kind, int Take, TimeSpan? Window = null)
{
    /// <summary>The feature whose state it reads: what is proposed and what is then ranked by that feature are of one state. Null where it reads none.</summary>
    public string? Feature { get; init; }

    /// <summary>The key of the context that names the item whose neighbours are looked for; null looks for those of what the person chose.</summary>
    public string? Of { get; init; }

    /// <summary>Whether a popular list is that of the request's segment.</summary>
    public bool Segment { get; init; }

    /// <summary>
    /// What a place in its list is worth when the lists are fused; negative says that what stands high there is worth less than its places elsewhere say. Null proposes by
    /// itself, before what is fused.
    /// </summary>
    public double? Weight { get; init; }

    /// <summary>It is cut after so long; null gives it what the decision has.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Whether it looks into a list: the request's own and pins are there whether the policy names them or not.</summary>
    public static bool HasList(CandidateSource source) => source.Kind is not (CandidateSourceKind.Request or CandidateSourceKind.Pinned or CandidateSourceKind.Boosted);
}

/// <summary>The kinds of candidate source. The numbers are bit indexes in <c>DecidedItem.Sources</c> and never change.</summary>
public enum CandidateSourceKind
{
    /// <summary>The request named its candidates.</summary>
    Request = 0,

    /// <summary>Most clicked within a sliding window.</summary>
    Popular = 1,

    /// <summary>Most recently published.</summary>
    Recent = 2,

    /// <summary>Clicked in the same sessions as what this session clicked.</summary>
    Similar = 3,

    /// <summary>An editor's pin.</summary>
    Pinned = 4,

    /// <summary>The ladder's per-segment list.</summary>
    SegmentList = 5,

    /// <summary>The ladder's global list.</summary>
    GlobalList = 6,

    /// <summary>Clicked more than in the window before.</summary>
    Trending = 7,

    /// <summary>Clicked in the same sessions as what the user clicked in any session.</summary>
    AlsoLiked = 8,

    /// <summary>Most clicked among those that share a value with what the person chose.</summary>
    Affinity = 9,

    /// <summary>Nearest to the embeddings of what the person chose.</summary>
    Neighbours = 10,

    /// <summary>New, and tried least.</summary>
    New = 11,

    /// <summary>An editor's boost.</summary>
    Boosted = 12,
}
