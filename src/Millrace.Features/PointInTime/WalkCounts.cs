using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>Why a decision was not visited: the closed set that reports, metrics and tests share.</summary>
public enum NotVisited
{
    /// <summary>Its record stands further behind its epoch than the horizon.</summary>
    Late,

    /// <summary>Its epoch was not recorded, or retention took the record.</summary>
    EpochUnknown,

    /// <summary>It was taken under other definitions.</summary>
    OtherDefinitions,

    /// <summary>A decision that was visited before it knew more of the same person.</summary>
    PersonPassed,

    /// <summary>Its person was erased.</summary>
    Erased,

    /// <summary>An earlier release took it, and did not record what its person's state had folded.</summary>
    OldRecord,

    /// <summary>The journal does not reach as far back as the features do from its epoch.</summary>
    HistoryShort,

    /// <summary>A partition ends below what its epoch, or its person, had folded: the journal was cut, or copied in part.</summary>
    JournalShort,
}

/// <summary>What a walk met.</summary>
public sealed class WalkCounts
{
    private readonly long[] _not = new long[Enum.GetValues<NotVisited>().Length];
    private readonly SortedDictionary<string, OtherDefinitions> _others = new(StringComparer.Ordinal);

    /// <summary>Decisions visited.</summary>
    public long Visited { get; internal set; }

    /// <summary>Records passed over because they are no facts, and facts because they cannot be folded.</summary>
    public long Skipped { get; internal set; }

    /// <summary>When the last event was received that is read as nobody's, since its person was erased; null when none is.</summary>
    public UnixMicros? ErasedEvent { get; private set; }

    /// <summary>When the last erasure was asked for; null when none was.</summary>
    public UnixMicros? Erasure { get; private set; }

    /// <summary>Told of each decision that is counted as not visited.</summary>
    internal Action<Decided, NotVisited>? Missed { get; set; }

    /// <summary>Decisions that were not visited, all reasons together.</summary>
    public long NotVisited => _not.Sum();

    /// <summary>Decisions that were not visited for this reason.</summary>
    public long Not(NotVisited reason) => _not[(int)reason];

    /// <summary>The definitions under which decisions were taken that are not those of the walk, by fingerprint.</summary>
    public IReadOnlyCollection<OtherDefinitions> Others => _others.Values;

    internal void Other(EpochFrozen epoch, int decisions)
    {
        var name = epoch.Definitions ?? "";
        var other = _others.GetValueOrDefault(name) ?? new OtherDefinitions(name, epoch.Epoch, epoch.Epoch, 0);
        _others[name] = other with { LastEpoch = epoch.Epoch, Decisions = other.Decisions + decisions };
    }

    internal void Met(Fact fact)
    {
        switch (fact)
        {
            case Observed { Erased: true } when !(fact.Received < ErasedEvent):
                ErasedEvent = fact.Received;
                break;
            case UserErased when !(fact.Received < Erasure):
                Erasure = fact.Received;
                break;
        }
    }

    internal void Count(NotVisited reason, Decided decided)
    {
        _not[(int)reason]++;
        Missed?.Invoke(decided, reason);
    }
}

/// <summary>Definitions of some epochs that are not those of a walk.</summary>
/// <param name="Fingerprint">Sixteen hexadecimal digits; empty where an earlier release recorded none.</param>
/// <param name="FirstEpoch">The first epoch that had them and decisions.</param>
/// <param name="LastEpoch">The last.</param>
/// <param name="Decisions">How many decisions were taken under them.</param>
public sealed record OtherDefinitions(string Fingerprint, long FirstEpoch, long LastEpoch, long Decisions);
