using System.Collections.Immutable;

namespace Millrace.Decisions.Explain;

/// <summary>Whether a decision can be explained, and if not why.</summary>
public enum ExplainVerdict
{
    Explained,

    /// <summary>Another engine's arithmetic decided: what it would have done otherwise cannot be told.</summary>
    EngineChanged,

    /// <summary>The record is slim.</summary>
    NotRecorded,

    Erased,

    /// <summary>The policy version that the record names is not at hand.</summary>
    PolicyMissing,

    /// <summary>A model that the policy names is not at hand.</summary>
    ModelMissing,

    /// <summary>The record is not one that the policy can have made.</summary>
    Unreadable,
}

/// <summary>What ranked a decision's candidates.</summary>
public enum ScoredBy
{
    /// <summary>One weighted sum of features.</summary>
    Blend,

    /// <summary>Several predictions and what they are worth.</summary>
    Heads,

    /// <summary>From the lighter scorer on: the place in a list.</summary>
    Place,
}

/// <summary>Why a decision is as it is: a pure function of its full record, the policy and the models that it names.</summary>
/// <param name="Verdict">The rest is empty for all but <see cref="ExplainVerdict.Explained"/>.</param>
public sealed record Explanation(ExplainVerdict Verdict)
{
    public ScoredBy ScoredBy { get; init; }

    /// <summary>The shown, slot by slot and rank by rank.</summary>
    public ImmutableArray<ExplainedItem> Items { get; init; } = [];

    /// <summary>The item that was asked for beside them.</summary>
    public Absence? WhyNot { get; init; }
}

/// <summary>A place of a slate.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Rank">From 1.</param>
public readonly record struct SlatePlace(string Slot, int Rank);

/// <summary>One candidate of a decision.</summary>
public sealed record ExplainedItem
{
    public required string Item { get; init; }

    /// <summary>Null when it was not shown.</summary>
    public SlatePlace? Shown { get; init; }

    /// <summary>Its utility: its heads by their weights and what <see cref="Boost"/> and <see cref="Pacing"/> added, before likeness to the items above takes its part.</summary>
    public double Utility { get; init; }

    /// <summary>The bits of the sources that named it.</summary>
    public uint Sources { get; init; }

    /// <summary>Its rank, from 1, by utility alone among all candidates.</summary>
    public int ByUtility { get; init; }

    /// <summary>Where it would stand had nothing been explored; null for nowhere. The way from <see cref="ByUtility"/> to here is what re-ranking did; from here to <see cref="Shown"/>, what exploration did.</summary>
    public SlatePlace? Greedy { get; init; }

    /// <summary>What would move it, and where to, had nothing been explored.</summary>
    public ImmutableArray<Counterfactual> Without { get; init; } = [];

    /// <summary>What being boosted added to its utility.</summary>
    public double Boost { get; init; }

    /// <summary>The paces that it counts for, with what each added to its utility.</summary>
    public ImmutableArray<ExplainedBonus> Pacing { get; init; } = [];

    public ImmutableArray<ExplainedHead> Heads { get; init; } = [];
}

/// <summary>What a pace added to an item's utility.</summary>
/// <param name="Pace"><c>provider=acme</c>.</param>
/// <param name="Bonus">In the unit of utilities; below 0 where the pace holds its items back.</param>
public readonly record struct ExplainedBonus(string Pace, double Bonus);

/// <summary>Where an item would stand without one of the rules.</summary>
/// <param name="Rule"><c>atMost.provider</c>, <c>atLeast kind=video</c>, <c>diversity</c>, <c>boosts</c>, <c>pacing provider=acme</c>, <c>thresholds.hide</c>, <c>pins</c>.</param>
/// <param name="Place">Null for nowhere.</param>
public sealed record Counterfactual(string Rule, SlatePlace? Place);

/// <summary>One prediction about an item. <see cref="Base"/>, <see cref="Contributions"/> and <see cref="Others"/> add up to <see cref="Raw"/> within 1e-9.</summary>
/// <param name="Name">The head.</param>
/// <param name="Weight">What one unit of it is worth.</param>
/// <param name="Value">What it predicts: the utility is the sum of weight times value.</param>
public sealed record ExplainedHead(string Name, double Weight, double Value)
{
    /// <summary>What the contributions add up to: the value, or a forest's raw score before its objective's transformation.</summary>
    public double Raw { get; init; }

    /// <summary>What it says of an item of which nothing is known.</summary>
    public double Base { get; init; }

    /// <summary>The largest, by size.</summary>
    public ImmutableArray<Contribution> Contributions { get; init; } = [];

    /// <summary>What all that is not listed adds.</summary>
    public double Others { get; init; }
}

/// <summary>What a feature adds.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Value">Its value; NaN is missing.</param>
/// <param name="Weight">Its weight where the head is a weighted sum; null else.</param>
/// <param name="Amount">In units of the head's raw score; null where the head does not split into sums.</param>
public readonly record struct Contribution(string Feature, float Value, double? Weight, double? Amount);

/// <summary>Why an item is not where it was looked for.</summary>
/// <param name="Item">The item.</param>
/// <param name="Reason">The first that holds, in the order of the pipeline.</param>
/// <param name="Detail">The filter, the rule, the head with its value; null where the reason says it all.</param>
/// <param name="As">What is known of it as a candidate; null when it was none.</param>
public sealed record Absence(string Item, AbsenceReason Reason, string? Detail, ExplainedItem? As);

/// <summary>Why an item is not in a slate.</summary>
public enum AbsenceReason
{
    /// <summary>It is.</summary>
    Shown,

    /// <summary>The catalogue does not hold it, now.</summary>
    UnknownItem,

    /// <summary>Deleted, not published yet or expired at the time of the decision, as the catalogue has it now.</summary>
    NotLive,

    /// <summary>A filter of the policy leaves it out.</summary>
    Filtered,

    /// <summary>No source named it, or it was named by the request or the person's past as not to be shown.</summary>
    NotGathered,

    /// <summary>A source named it, and the first phase kept others.</summary>
    FirstPhase,

    /// <summary>A head's value is beyond its threshold.</summary>
    Threshold,

    /// <summary>A draw put another one in its place.</summary>
    Explored,

    /// <summary>It would stand but for a rule.</summary>
    Rule,

    /// <summary>Others are worth more.</summary>
    Outranked,
}
