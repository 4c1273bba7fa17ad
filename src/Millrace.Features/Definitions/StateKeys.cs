using Millrace.Features.Online;
using Millrace.Journal.Facts;

namespace Millrace.Features.Definitions;

/// <summary>Names an item state by content: definitions with equal keys share one state.</summary>
internal abstract record StateKey
{
    /// <summary>How far back it looks from the end of its windows: older events change nothing.</summary>
    internal abstract TimeSpan Reach { get; }

    /// <summary>The bounds that may leave out of it what facts say.</summary>
    internal virtual FoldBounds Bounds => FoldBounds.OfItems;

    /// <summary>How long after a bound left something out nothing of that is left.</summary>
    internal virtual TimeSpan Recovers => Reach;

    /// <summary>Whether it counts an event of the type that it wants: one of another unit is passed over.</summary>
    internal virtual bool Takes(Observed observed) => true;

    internal abstract ItemState Create(FoldContext context);
}

/// <summary>Names a section of persons' states by content.</summary>
internal abstract record PersonKey
{
    /// <summary>Whose state it is a section of.</summary>
    internal abstract PersonEntity Of { get; }

    /// <summary>How far back it looks from the time of reading.</summary>
    internal abstract TimeSpan Reach { get; }

    /// <inheritdoc cref="StateKey.Takes" />
    internal virtual bool Takes(Observed observed) => true;

    internal abstract PersonState Create();
}

/// <summary>Counts of an event within a window, or sums of what each adds.</summary>
/// <param name="Event">The event.</param>
/// <param name="Window">How far back.</param>
/// <param name="Unit">The unit of the values that are summed; null counts the events.</param>
/// <param name="Curve">Sums what each weighs by its rank, in units of 1/65,536.</param>
internal sealed record WindowedSumsKey(string Event, TimeSpan Window, string? Unit = null, ExaminationCurve? Curve = null) : StateKey
{
    internal const int Buckets = 60;

    internal bool Sums => Unit is not null || Curve is not null;

    internal override bool Takes(Observed observed) => Curve is not null || EventAmount.IsOf(Unit, observed);

    internal override TimeSpan Reach => Window;

    internal override FoldBounds Bounds => FoldBounds.OfItems | FoldBounds.Counts | FoldBounds.Sums;

    /// <summary>What an event adds; null for one that is passed over.</summary>
    internal long? AmountOf(in FoldedEvent folded) => Curve is null ? EventAmount.Micros(Unit, folded) : Curve.Of(folded.Fact.Rank);

    internal override ItemState Create(FoldContext context) => new WindowedSums(this, context);
}

/// <summary>Decayed counts of an event, or decayed sums of its values in thousandths.</summary>
/// <param name="Event">The event.</param>
/// <param name="HalfLife">How fast a weight halves.</param>
/// <param name="Unit">The unit of the values that are summed; null counts the events.</param>
internal sealed record DecayedSumsKey(string Event, TimeSpan HalfLife, string? Unit = null) : StateKey
{
    internal override TimeSpan Reach => HalfLife * DecayedSums.Kept;

    internal override FoldBounds Bounds => FoldBounds.OfItems | FoldBounds.Sums;

    internal override bool Takes(Observed observed) => EventAmount.IsOf(Unit, observed);

    internal override ItemState Create(FoldContext context) => new DecayedSums(this, context);
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

    internal override FoldBounds Bounds => FoldBounds.OfPairs;

    // What a session clicked goes on making pairs for as long as the session lasts.
    internal override TimeSpan Recovers => Window + PersonLayout.LongestSession;

    internal override ItemState Create(FoldContext context) => new SessionPairs(this, context);
}

internal sealed record LastTimesKey(string Event, TimeSpan Window) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new LastTimes(this);
}

internal sealed record FirstTimesKey(string Event, TimeSpan Window) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new FirstTimes(this);
}

/// <summary>About how many persons had an event with an item within a window.</summary>
internal sealed record DistinctCountsKey(string Event, TimeSpan Window, int Precision) : StateKey
{
    internal const int Panes = 12;

    internal override TimeSpan Reach => Window;

    internal override bool Takes(Observed observed) => (observed.User ?? observed.Session) is not null;

    internal override ItemState Create(FoldContext context) => new DistinctCounts(this, context);
}

/// <summary>Counts of an event by item and value of a <see cref="ContextPart"/>.</summary>
internal record CrossedCountsKey(string Event, TimeSpan Window, string By) : StateKey
{
    internal const int Buckets = 60;

    /// <summary>What one event weighs at most; 1 where events are counted one for one.</summary>
    internal virtual int MostWeight => 1;

    /// <summary>What an event weighs, from 1 to <see cref="MostWeight"/>.</summary>
    internal virtual int WeightOf(Observed observed) => 1;

    internal override TimeSpan Reach => Window;

    internal override FoldBounds Bounds => FoldBounds.OfItems | FoldBounds.Crosses | FoldBounds.Counts;

    internal override ItemState Create(FoldContext context) => new CrossedCounts(this, context);
}

/// <summary>Likewise, where each event weighs what a curve says of its rank, in units of 1/64: a table's counts have 31 bits, and a cell may see many millions of impressions.</summary>
internal sealed record CrossedExaminationsKey(string Event, TimeSpan Window, string By, ExaminationCurve Curve) : CrossedCountsKey(Event, Window, By)
{
    internal const int One = 64;
    private const int PartsOfUnit = ExaminationCurve.One / One;

    internal override int MostWeight => One;

    internal override int WeightOf(Observed observed) => Math.Max(1, (Curve.Of(observed.Rank) + (PartsOfUnit / 2)) / PartsOfUnit);

    internal override ItemState Create(FoldContext context) => new CrossedCounts(this, context);
}

/// <summary>The fitted prior of a rate; its text is the name under which it is recorded.</summary>
internal sealed record PriorKey(string Of, string Per, TimeSpan Window, ExaminationCurve? Curve) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new FittedPrior(this);
}

/// <summary>The fitted prior of a rate in a context, of declared contexts and of groups that parts of items make, each with blanks between them; its text is the name under which it is recorded.</summary>
internal sealed record ContextPriorKey(string Of, string Per, string By, string Contexts, string Groups, TimeSpan Window, ExaminationCurve? Curve) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override ItemState Create(FoldContext context) => new ContextPrior(this);
}

/// <summary>A state that the catalogue fills, and no event.</summary>
internal abstract record CatalogueKey : StateKey
{
    internal override TimeSpan Reach => TimeSpan.Zero;
}

/// <summary>Values of an <see cref="ItemPart"/>.</summary>
internal sealed record ItemValuesKey(string By) : CatalogueKey
{
    internal override ItemState Create(FoldContext context) => new ItemValues(this);
}

internal sealed record ItemNumbersKey(string Attribute) : CatalogueKey
{
    internal override ItemState Create(FoldContext context) => new ItemNumbers(this);
}

internal sealed record ItemEqualsKey(string By, string Value) : CatalogueKey
{
    internal override ItemState Create(FoldContext context) => new ItemEquals(this);
}

/// <param name="Text">The attribute whose text it is; null for the supplied embedding.</param>
/// <param name="Dimensions">Bytes of a vector, a multiple of eight.</param>
internal sealed record ItemVectorsKey(string? Text, int Dimensions) : CatalogueKey
{
    internal override ItemState Create(FoldContext context) => new ItemVectors(this);
}
