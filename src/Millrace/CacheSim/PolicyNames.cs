using Millrace.Delivery.Eviction;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.CacheSim;

/// <summary>What policies are called on the command line and in reports.</summary>
internal static class PolicyNames
{
    /// <summary>Those that a store could run.</summary>
    public static readonly IReadOnlyList<(string Name, EvictionKind Kind)> Online =
    [
        ("lru", EvictionKind.Lru), ("fifo", EvictionKind.Fifo), ("sieve", EvictionKind.Sieve), ("s3-fifo", EvictionKind.S3Fifo),
        ("gdsf", EvictionKind.Gdsf), ("w-tinylfu", EvictionKind.WTinyLfu), ("default", EvictionKind.Default),
    ];

    /// <summary>Those that know the future.</summary>
    public static readonly IReadOnlyList<(string Name, OfflinePolicy Policy)> Offline = [("belady", OfflinePolicy.Belady), ("belady-size", OfflinePolicy.BeladySize)];

    public static IEnumerable<string> All => Online.Select(static entry => entry.Name).Concat(Offline.Select(static entry => entry.Name));

    /// <summary>The policy that a store could run, or null when none has the name.</summary>
    public static EvictionKind? Find(string name) => Online.Where(policy => policy.Name == name).Select(static policy => (EvictionKind?)policy.Kind).FirstOrDefault();

    public static bool Knows(string name) => All.Contains(name, StringComparer.Ordinal);

    /// <summary>Replays a trace through a policy by its name.</summary>
    public static SimulationCount Run(string name, CacheTrace trace, long capacity, SimulationRange range, Action<long> progress, CancellationToken cancellation)
    {
        foreach (var (offline, policy) in Offline)
        {
            if (offline == name)
            {
                return CacheSimulation.Run(trace, policy, capacity, range, progress, cancellation);
            }
        }

        return CacheSimulation.Run(trace, Online.First(entry => entry.Name == name).Kind, capacity, range, progress, cancellation);
    }
}
