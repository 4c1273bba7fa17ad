namespace Millrace.Decisions.Ladder;

/// <summary>
/// The ladder's rungs, best first; the numbers stand in records. Where the caller brings the candidates, every rung orders or cuts that set and adds
/// nothing to it.
/// </summary>
public enum Rung
{
    /// <summary>All candidates, scored by the policy's heads.</summary>
    Full = 0,

    /// <summary>The first candidates only, scored by them.</summary>
    FewerCandidates = 1,

    /// <summary>All candidates in the order of their sources; no feature is read.</summary>
    LighterScorer = 2,

    /// <summary>What the request's segment clicked most.</summary>
    SegmentList = 3,

    /// <summary>What everybody clicked most, then the newest.</summary>
    GlobalList = 4,
}

/// <summary>The rungs as metrics write them.</summary>
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
}
