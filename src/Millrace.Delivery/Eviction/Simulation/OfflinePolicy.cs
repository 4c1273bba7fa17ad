namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>Policies that know all requests to come.</summary>
public enum OfflinePolicy
{
    /// <summary>What is asked for again the latest leaves first (Belady, 1966), and is not kept in the first place when all that it would displace is wanted sooner.
    /// Nothing misses less often when all objects have one size. With unequal sizes it is one feasible schedule among others, and no bound.</summary>
    Belady,

    /// <summary>Of 128 sampled objects the one leaves whose size times the time to its next request is the largest: feasible, and mostly fewer misses than
    /// Belady's where sizes differ; no bound either.</summary>
    BeladySize,
}
