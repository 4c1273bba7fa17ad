namespace Millrace.Decisions.Ladder;

/// <summary>Why an answer is less than it could be: the closed set that replies, records, metrics and tests share.</summary>
public enum DegradedReason
{
    /// <summary>Too much of the caller's patience, or the node's, was spent before a step of a rung.</summary>
    Timeout,

    /// <summary>A candidate source failed.</summary>
    CandidatesFailed,

    /// <summary>Reading features failed.</summary>
    FeaturesFailed,

    /// <summary>Scoring or sampling failed.</summary>
    RankingFailed,

    /// <summary>The policy's sources had nothing that may be shown; or none of the caller's own candidates may be, and then the slate is empty.</summary>
    NoCandidates,

    /// <summary>Not even the global list has anything that may be shown: the slate is empty.</summary>
    EmptyCatalogue,

    /// <summary>The feature snapshot is older than its contract.</summary>
    StaleFeatures,

    /// <summary>Fewer items than places could be placed.</summary>
    ShortSlate,

    /// <summary>A pin stands above its rank, because a place before it could not be filled.</summary>
    PinMoved,
}

/// <summary>The reasons as records and replies write them.</summary>
public static class DegradedReasons
{
    /// <summary><c>timeout</c>, <c>noCandidates</c> ...</summary>
    public static string Text(DegradedReason reason)
    {
        string name = reason.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}

/// <summary>
/// The ladder's rungs, best first; the numbers stand in records. Where the caller brings the candidates, every rung orders or cuts that set and adds
/// nothing to it.
/// </summary>
public enum Rung
{
    /// <summary>All candidates, scored by the policy's blend.</summary>
    Full = 0,

    /// <summary>The first candidates only, scored by the blend.</summary>
    FewerCandidates = 1,

    /// <summary>All candidates in the order of their sources; no feature is read.</summary>
    LighterScorer = 2,

    /// <summary>What the request's segment clicked most.</summary>
    SegmentList = 3,

    /// <summary>What everybody clicked most, then the newest.</summary>
    GlobalList = 4,
}

/// <summary>The rungs as metrics write them, and what of the time is left for each.</summary>
public static class Rungs
{
    /// <summary><c>full</c>, <c>fewerCandidates</c> ...</summary>
    public static string Text(Rung rung) => rung switch
    {
        Rung.Full => "full",
        Rung.FewerCandidates => "fewerCandidates",
        Rung.LighterScorer => "lighterScorer",
        Rung.SegmentList => "segmentList",
        _ => "globalList",
    };

    /// <summary>
    /// The share of the time that may be spent before a step of this rung begins: each rung leaves to those below it as much again as they need. The
    /// lists have no limit, since something must answer.
    /// </summary>
    internal static double Share(Rung rung) => rung switch
    {
        Rung.Full => 0.5,
        Rung.FewerCandidates => 0.75,
        Rung.LighterScorer => 1,
        _ => double.PositiveInfinity,
    };
}
