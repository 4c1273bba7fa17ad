namespace Millrace.Models.Policies;

/// <summary>Where candidates come from.</summary>
/// <param name="Kind">The source's kind.</param>
/// <param name="Take">At most so many candidates.</param>
/// <param name="Window">The window of <see cref="CandidateSourceKind.Popular"/>, else null.</param>
public sealed record CandidateSource(CandidateSourceKind Kind, int Take, TimeSpan? Window = null);

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
}
