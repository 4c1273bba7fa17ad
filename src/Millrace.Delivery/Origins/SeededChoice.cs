namespace Millrace.Delivery.Origins;

/// <summary>Random numbers for choices among servers: SplitMix64 over a counter, hence thread-safe and, on one thread, repeatable by its seed.</summary>
internal sealed class SeededChoice(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>From 0 up to below 1.</summary>
    public double NextDouble()
    {
        var z = Interlocked.Add(ref _state, Step);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
