using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>Which decisions are walked, and how they were folded.</summary>
public sealed record WalkOptions
{
    /// <summary>The bounds and habits of the folder that served.</summary>
    public FeatureOptions Folding { get; init; } = new();

    /// <summary>The most sessions and the most users that are followed at a time.</summary>
    public int MaxPersons { get; init; } = 1_000_000;

    /// <summary>Decisions taken at or after it.</summary>
    public required UnixMicros From { get; init; }

    /// <summary>Decisions taken before it.</summary>
    public required UnixMicros To { get; init; }

    /// <summary>The id of the one decision that is walked to; null walks all.</summary>
    public string? Decision { get; init; }

    /// <summary>How far behind its epoch a decision's record may stand: records are written behind replies, by 100 ms as a rule; ten seconds are kept in memory.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether decisions that were taken under other definitions are walked too: what these definitions would have said then, which is how a definition that was added later gets
    /// its past.
    /// </summary>
    public bool AnyDefinitions { get; init; }

    /// <summary>The keys of persons: who is erased while the walk goes on is forgotten by it. Null where the walk ends soon, and reads the erased as nobody anyway.</summary>
    public ISubjectKeys? Keys { get; init; }

    /// <summary>Whether persons are folded on another thread, ahead of items: it takes a second processor, and <see cref="Rest"/> is then called on both.</summary>
    public bool PersonsAhead { get; init; }

    /// <summary>Called between batches of facts and between decisions: where a walk beside serving rests; null never does.</summary>
    public Func<CancellationToken, ValueTask>? Rest { get; init; }

    /// <summary>How long before a decision its epoch may have been recorded: a node whose folding stalls decides on with its last epoch.</summary>
    public TimeSpan OldestEpoch { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>When a decision was taken: when its record arrived, where an earlier release did not say.</summary>
    internal static UnixMicros TimeOf(Decided decided) => decided.Asked == default ? decided.Received : decided.Asked;

    internal bool Takes(Decided decided) => decided.Tenant == Folding.Tenant && (Decision is null || Decision == decided.Id) && TimeOf(decided) is var time && time >= From && time < To;
}
