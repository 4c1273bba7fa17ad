using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// A feature: one definition that serves and trains. A kind of feature is one heir of this class: it says which integer state it needs
/// (definitions with equal keys share one) and how that state is read as floats at the epoch's time.
/// </summary>
/// <param name="Name">The name that a policy's <c>blend</c> uses: 1 to 64 of a–z, 0–9 and underscore, beginning with a letter.</param>
public abstract record FeatureDefinition(string Name)
{
    /// <summary>The state it reads; null when the catalogue is enough.</summary>
    internal virtual StateKey? State => null;

    /// <summary>What is wrong with it, in words; empty when nothing is.</summary>
    internal abstract IEnumerable<string> Faults();

    /// <summary>Writes its value for every row of the matrix; leaves NaN where it is missing.</summary>
    internal abstract void Read(in FeatureRead read, FrozenState? state, int column);
}

/// <summary>How a count is read.</summary>
public enum CountRead
{
    /// <summary>As it is.</summary>
    Count,

    /// <summary>log(1 + count).</summary>
    Log,

    /// <summary>Its share of the window's total, 0 to 1.</summary>
    Share,
}

/// <summary>Names a state by content: definitions with equal keys share one state.</summary>
internal abstract record StateKey
{
    /// <summary>How far back it looks from the end of its windows: older events change nothing.</summary>
    internal abstract TimeSpan Reach { get; }

    internal abstract FeatureState Create(FoldContext context);
}

internal sealed record WindowedCountsKey(string Event, TimeSpan Window, int Buckets = 60) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override FeatureState Create(FoldContext context) => new WindowedCounts(Event, Window, Buckets, context.Uses);
}

internal sealed record SessionPairsKey(string Event, TimeSpan Window, int Span, bool Symmetric, int MaxNeighbours) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override FeatureState Create(FoldContext context) => new SessionPairs(this, 48, context);
}

internal sealed record LastTimesKey(string Event, TimeSpan Window) : StateKey
{
    internal override TimeSpan Reach => Window;

    internal override FeatureState Create(FoldContext context) => new LastTimes(Event, Window);
}

internal sealed record BucketedCountsKey(string Event, TimeSpan HalfLife) : StateKey
{
    internal override TimeSpan Reach => HalfLife * (BucketedCounts.Kept / BucketedCounts.PerHalfLife);

    internal override FeatureState Create(FoldContext context) => new BucketedCounts(Event, HalfLife);
}
