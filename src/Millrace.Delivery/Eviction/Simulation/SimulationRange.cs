namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>What of a trace is replayed, and what of that counts.</summary>
public readonly record struct SimulationRange
{
    /// <summary>How often the trace is replayed, each time with other objects of the same sizes: the same load on a larger catalogue.</summary>
    public int Repeat { get; init; }

    /// <summary>Which of the requests count.</summary>
    public JudgedPart Judged { get; init; }

    internal int Rounds => Math.Max(1, Repeat);

    internal long Total(CacheTrace trace) => (long)trace.Requests * Rounds;

    /// <summary>The requests that count, the first and the one after the last.</summary>
    internal (long From, long To) Counted(CacheTrace trace) => Judged switch
    {
        JudgedPart.FirstHalf => (0, Total(trace) / 2),
        JudgedPart.SecondHalf => (Total(trace) / 2, Total(trace)),
        _ => (0, Total(trace)),
    };
}

/// <summary>A part of a trace.</summary>
public enum JudgedPart
{
    /// <summary>All requests count.</summary>
    All,

    /// <summary>Those after the first half only change the cache. What is tuned is tuned on these.</summary>
    FirstHalf,

    /// <summary>The first half only fills the cache. What was tuned is judged on these.</summary>
    SecondHalf,
}
