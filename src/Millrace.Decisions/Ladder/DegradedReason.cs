namespace Millrace.Decisions.Ladder;

/// <summary>Why an answer is less than it could be: the closed set that replies, records, metrics and tests share.</summary>
public enum DegradedReason
{
    /// <summary>Too much of the caller's patience, or the node's, was spent before a step of a rung.</summary>
    Timeout,

    /// <summary>A candidate source failed: the others decided. Or all that comes before them did.</summary>
    CandidatesFailed,

    /// <summary>A candidate source was cut for its time: the others, and what it gave by then, decided.</summary>
    CandidatesLate,

    /// <summary>Reading features failed.</summary>
    FeaturesFailed,

    /// <summary>Scoring or sampling failed.</summary>
    RankingFailed,

    /// <summary>The policy's sources had nothing that may be shown; or none of the caller's own candidates may be, and then the slate is empty.</summary>
    NoCandidates,

    /// <summary>Not even the global list has anything that may be shown, and no filter of the policy is why: the slate is empty.</summary>
    EmptyCatalogue,

    /// <summary>The feature snapshot is older than its contract.</summary>
    StaleFeatures,

    /// <summary>Fewer items than places could be placed.</summary>
    ShortSlate,

    /// <summary>A pin stands above its rank, because a place before it could not be filled.</summary>
    PinMoved,

    /// <summary>As many decisions of the surface, or of the tenant, were under way as may be: answered from the lists.</summary>
    BulkheadFull,

    /// <summary>The state of the session or user could not be read: decided as if nobody knew them.</summary>
    PersonUnknown,

    /// <summary>Not every at-least quota is met; the record and the reply name those that are not.</summary>
    ConstraintsRelaxed,

    /// <summary>Candidates beyond a threshold of the policy were let in, because too few were within.</summary>
    ThresholdsRelaxed,

    /// <summary>The first phase failed, or there was no time for it: the points of the fused lists chose from the wide pool.</summary>
    FirstPhaseSkipped,

    /// <summary>Nothing on any rung passes the policy's filters: the slate is empty.</summary>
    AllFiltered,

    /// <summary>A term from outside that the policy reads failed, or had no time: what it did not say counts 0.</summary>
    TermsMissing,
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
