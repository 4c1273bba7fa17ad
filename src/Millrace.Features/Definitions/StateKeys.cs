using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>Names an item state by content: definitions with equal keys share one state.</summary>
internal abstract record StateKey
{
    /// <summary>How far back it looks from the end of its windows: older events change nothing.</summary>
    internal abstract TimeSpan Reach { get; }

    internal abstract ItemState Create(FoldContext context);
}

/// <summary>Names a section of persons' states by content.</summary>
internal abstract record PersonKey
{
    /// <summary>Whose state it is a section of.</summary>
    internal abstract PersonEntity Of { get; }

    /// <summary>How far back it looks from the time of reading.</summary>
    internal abstract TimeSpan Reach { get; }

    internal abstract PersonState Create();
}

/// <summary>Counts of an event within a window, or sums of its values.</summary>
/// <param name="Event">The event.</param>
/// <param name="Window">How far back.</param>
/// <param name="Unit">The unit of the values that are summed; null counts the events.</param>
internal sealed record WindowedSumsKey(string Event, TimeSpan Window, string? Unit = null) : StateKey
{
    internal const int Buckets = 60;

    internal bool Sums => Unit is not null;

    internal override TimeSpan Reach => Window;

    /// <summary>What an event adds; null for one that is passed over.</summary>
    internal long? AmountOf(in FoldedEvent folded) => Unit is null ? 1 : folded.Fact.Unit == Unit ? folded.Fact.ValueMicros : null;

    internal override ItemState Create(FoldContext context) => new WindowedSums(this, context);
}

/// <summary>A list of the items that had an event within a window, with their counts.</summary>
internal sealed record ListedCountsKey(string Event, TimeSpan Window) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new ListedCounts(Event, Window, context);
}

internal sealed record SessionPairsKey(string Event, TimeSpan Window, int Span, bool Symmetric, int MaxNeighbours) : StateKey
{
    internal const int Buckets = 48;

    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new SessionPairs(this, context);
}

internal sealed record LastTimesKey(string Event, TimeSpan Window) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new LastTimes(this);
}

/// <summary>Decayed counts of an event, or decayed sums of its values.</summary>
/// <param name="Event">The event.</param>
/// <param name="HalfLife">How fast a weight halves.</param>
/// <param name="Unit">The unit of the values that are summed; null counts the events.</param>
internal sealed record DecayedSumsKey(string Event, TimeSpan HalfLife, string? Unit = null) : StateKey
{
    internal override TimeSpan Reach => HalfLife * DecayedSums.Kept;

    /// <inheritdoc cref="WindowedSumsKey.AmountOf"/>
    internal long? AmountOf(in FoldedEvent folded) => Unit is null ? 1 : folded.Fact.Unit == Unit ? folded.Fact.ValueMicros : null;

    internal override ItemState Create(FoldContext context) => new DecayedSums(this);
}
