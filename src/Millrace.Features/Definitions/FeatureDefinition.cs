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
    internal abstract FeatureState Create();
}

internal sealed record WindowedCountsKey(string Event, TimeSpan Window, int Buckets = 60) : StateKey
{
    internal override FeatureState Create() => new WindowedCounts(Event, Window, Buckets);
}

internal sealed record SessionPairsKey(string Event, TimeSpan Window, int Span, bool Symmetric, int MaxNeighbours) : StateKey
{
    internal override FeatureState Create() => new SessionPairs(Event, Window, 48, Span, Symmetric, MaxNeighbours);
}

internal sealed record LastTimesKey(string Event) : StateKey
{
    internal override FeatureState Create() => new LastTimes(Event);
}

internal sealed record BucketedCountsKey(string Event, TimeSpan HalfLife) : StateKey
{
    internal override FeatureState Create() => new BucketedCounts(Event, HalfLife);
}
