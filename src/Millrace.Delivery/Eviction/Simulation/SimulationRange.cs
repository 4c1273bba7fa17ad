namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>What of a trace is replayed, and what of that counts.</summary>
public readonly record struct SimulationRange
{
    /// <summary>How often the trace is replayed, each time with other objects of the same sizes: the same load on a larger catalogue.</summary>
    public int Repeat { get; init; }

    /// <summary>Whether the first half of the requests only fills the cache.</summary>
    public bool SecondHalfOnly { get; init; }

    internal int Rounds => Math.Max(1, Repeat);

    internal long Total(CacheTrace trace) => (long)trace.Requests * Rounds;

    internal long CountFrom(CacheTrace trace) => SecondHalfOnly ? Total(trace) / 2 : 0;
}
