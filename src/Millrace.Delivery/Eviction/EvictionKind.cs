namespace Millrace.Delivery.Eviction;

/// <summary>The policies that a store can be given.</summary>
public enum EvictionKind
{
    /// <summary>Ours: knows size, fetch cost and predicted demand, and tunes itself (docs/decisions/0012).</summary>
    Default,

    /// <summary>Least recently used leaves first.</summary>
    Lru,

    /// <summary>First in, first out.</summary>
    Fifo,

    /// <summary>Zhang et al., NSDI 2024.</summary>
    Sieve,

    /// <summary>Yang et al., SOSP 2023, as libCacheSim has it.</summary>
    S3Fifo,

    /// <summary>Greedy-dual-size with frequency: Cherkasova, HP Labs 1998.</summary>
    Gdsf,

    /// <summary>Einziger, Friedman, Manes, 2017, by bytes.</summary>
    WTinyLfu,
}
