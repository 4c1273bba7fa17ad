namespace Millrace.Decisions.Replay;

/// <summary>Why a recorded decision says nothing of other weights.</summary>
public enum ProbeRefusal
{
    None,

    /// <summary>Its person was erased.</summary>
    Erased,

    /// <summary>A slim record: it does not hold what the decision read.</summary>
    NotRecorded,

    /// <summary>Decided by code that gave other answers.</summary>
    EngineChanged,

    /// <summary>The slate was the caller's own.</summary>
    NotOnline,

    /// <summary>A rung of the ladder that asks no head, or nothing that could be ranked.</summary>
    NotScored,

    /// <summary>The record does not hold what this policy reads: it was decided by one that reads other features or attributes.</summary>
    OtherInputs,

    /// <summary>What stands in it does not fit together.</summary>
    Damaged,
}
