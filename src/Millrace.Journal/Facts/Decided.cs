using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Millrace.Journal.Facts;

/// <summary>
/// The answer to one decide request. The slim part (slate, propensities, seed, rung, versions, epoch) stays within 1 KiB;
/// <see cref="Inputs"/> is present on full records only and makes the decision replayable by value.
/// </summary>
public sealed record Decided : Fact
{
    public required string Surface { get; init; }

    /// <summary>The policy and its version, e.g. <c>home@12</c>.</summary>
    public required string Policy { get; init; }

    /// <summary>The model and its version; null for a policy that blends features without one.</summary>
    public string? Model { get; init; }

    /// <summary>Raised whenever the same inputs would give other answers.</summary>
    public int Engine { get; init; }

    /// <summary>The epoch whose item features were read: the number of an <see cref="EpochFrozen"/>.</summary>
    public long Epoch { get; init; }

    public ulong Seed { get; init; }

    /// <summary>The ladder's rung: 0 full … 4 global list.</summary>
    public int Rung { get; init; }

    /// <summary>online, apprentice or log-only.</summary>
    public string Mode { get; init; } = "online";

    /// <summary>Reasons for which the answer is degraded, from the closed set of the decisions plane; empty when it is not.</summary>
    public ImmutableArray<string> Degraded { get; init; } = [];

    /// <summary>
    /// The quotas that the slate does not meet, by whose <c>atLeast</c> and where in it: <c>policy[0]: 1 of 2</c>, <c>request[1]: 0 of 2</c>. Without the words of a
    /// request, which may tell of the person and must not outlive them here. Empty when all are met, and on records of earlier releases.
    /// </summary>
    public ImmutableArray<string> Relaxed { get; init; } = [];

    public ImmutableArray<DecidedSlot> Slots { get; init; } = [];

    /// <summary>What the propensities condition on; null on records of a time when all were conditional and none said so.</summary>
    public PropensityKind? Propensities { get; init; }

    /// <summary>When the decider began, by its clock: where windows of persons end, and what item life is judged by. Zero on records of earlier releases.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnixMicros Asked { get; init; }

    /// <summary>How many candidates were ranked.</summary>
    public int CandidateCount { get; init; }

    /// <summary>
    /// Per partition of events: how many facts beyond the epoch's cut the person's state had folded. Empty when no person was read, and on records of earlier releases.
    /// </summary>
    public ImmutableArray<long> UserAhead { get; init; } = [];

    /// <summary>Sealed: the user, when known.</summary>
    public string? User { get; init; }

    /// <summary>Sealed: the session.</summary>
    public string? Session { get; init; }

    /// <summary>Sealed: the segment whose list the ladder would use.</summary>
    public string? Segment { get; init; }

    /// <summary>Sealed: the attributes of the request's context that features read, within <see cref="FactContext"/>.</summary>
    public ImmutableSortedDictionary<string, string> Context { get; init; } = FactContext.None;

    /// <summary>Sealed: every input by value; null on a slim record.</summary>
    public DecisionInputs? Inputs { get; init; }

    public override FactType Type => FactType.Decided;

    public override JournalStream Stream => JournalStream.Decisions;

    public override string PartitionKey => User ?? Session ?? Id;

    public override string? Subject => User ?? Session;

    public override string? DecisionKey => Id;
}

/// <summary>What a propensity is the probability of. The numbers stand in records.</summary>
public enum PropensityKind
{
    /// <summary>Of the item at its position, given the items above it.</summary>
    Conditional = 1,

    /// <summary>Of the item at its position, over all that could stand above it.</summary>
    Marginal = 2,

    /// <summary>Of the whole slate.</summary>
    Slate = 3,
}

/// <summary>One slot's items, best first.</summary>
public sealed record DecidedSlot(string Slot, ImmutableArray<DecidedItem> Items)
{
    public bool Equals(DecidedSlot? other) => other is not null && Slot == other.Slot && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Slot, Items.Length);
}

/// <summary>An item as it was placed.</summary>
/// <param name="Item">The item's id.</param>
/// <param name="Score">The score that ranked it, given the items above it.</param>
/// <param name="Propensity">P(item at this position | context, items above it, policy), in (0, 1].</param>
/// <param name="Explored">Whether the draw departed from the best.</param>
/// <param name="Explorable">False for pins and ladder lists, whose place no draw could change.</param>
/// <param name="Sources">Bit set of the candidate sources that proposed it; the decisions plane names the bits.</param>
public readonly record struct DecidedItem(string Item, double Score, double Propensity, bool Explored, bool Explorable, uint Sources);

/// <summary>All that a replay needs, by value. Row i of every column concerns candidate i.</summary>
public sealed record DecisionInputs
{
    /// <summary>The request as canonical JSON, without what a later answer cannot depend on.</summary>
    public required string Request { get; init; }

    /// <summary>The time at which features were read and item life was judged.</summary>
    public UnixMicros Now { get; init; }

    public ImmutableArray<string> Candidates { get; init; } = [];

    /// <summary>Candidate source bits.</summary>
    public ImmutableArray<uint> Sources { get; init; } = [];

    /// <summary>Providers by candidate; empty text where there is none.</summary>
    public ImmutableArray<string> Providers { get; init; } = [];

    /// <summary>Names of the feature columns.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Row-major, Candidates.Length × Features.Length; NaN is missing.</summary>
    public ImmutableArray<float> Matrix { get; init; } = [];

    /// <summary>Cells of <see cref="Matrix"/> that the caller supplied, ascending: those that no feature of ours explains.</summary>
    public ImmutableArray<int> Given { get; init; } = [];

    /// <summary>Pinned item ids, in order of their rank; each with its slot as <c>slot:rank:item</c>.</summary>
    public ImmutableArray<string> Pins { get; init; } = [];

    /// <summary>What the first phase of ranking left out of the wide pool, best first; empty where there was none.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>Steps that were skipped, in the pipeline's words.</summary>
    public ImmutableArray<string> Skipped { get; init; } = [];
}
