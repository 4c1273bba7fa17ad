namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>
/// Replays a trace through an eviction policy, with the calls that the live store makes. An object larger than the cache is a miss and never kept. A hit of
/// another size than the copy's is a hit (as in libCacheSim); the copy takes the new size, and what no longer fits leaves at once.
/// </summary>
public static class CacheSimulation
{
    private const int ReportEvery = 1 << 16;

    /// <summary>Replays a trace through a policy.</summary>
    /// <param name="trace">The requests.</param>
    /// <param name="kind">The policy.</param>
    /// <param name="capacityBytes">The cache's bytes; objects weigh their size and nothing more.</param>
    /// <param name="range">What is replayed and counted.</param>
    /// <param name="progress">Told how many more requests were replayed, now and then.</param>
    /// <param name="cancellation">Ends the replay.</param>
    public static SimulationCount Run(
        CacheTrace trace, EvictionKind kind, long capacityBytes, SimulationRange range = default, Action<long>? progress = null, CancellationToken cancellation = default) =>
        Replay(trace, EvictionPolicies.Create(kind, capacityBytes), capacityBytes, range, nextUses: null, progress, cancellation);

    /// <summary>Replays a trace through a policy that knows the future.</summary>
    public static SimulationCount Run(
        CacheTrace trace, OfflinePolicy offline, long capacityBytes, SimulationRange range = default, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trace);
        IEvictionPolicy policy = offline == OfflinePolicy.Belady ? new BeladyPolicy(capacityBytes) : new BeladySizePolicy();
        return Replay(trace, policy, capacityBytes, range, trace.NextUses(), progress, cancellation);
    }

    internal static SimulationCount Replay(
        CacheTrace trace, IEvictionPolicy policy, long capacityBytes, SimulationRange range, int[]? nextUses, Action<long>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(trace);
        var (from, to) = range.Counted(trace);
        var nodes = new TraceObject?[trace.Objects];
        var (requests, misses, requestBytes, missBytes) = (0L, 0L, 0L, 0L);
        for (var round = 0; round < range.Rounds; round++)
        {
            var first = (long)round * trace.Requests;
            if (round > 0)
            {
                // Other objects: those of the last round stay where they are, but nobody asks for them any more.
                Array.Clear(nodes);
            }

            for (var i = 0; i < trace.Requests; i++)
            {
                if (i % ReportEvery == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress?.Invoke(Math.Min(ReportEvery, trace.Requests - i));
                }

                var size = trace.SizeAt(i);
                var nextUse = nextUses is null || nextUses[i] == int.MaxValue ? long.MaxValue : first + nextUses[i];
                var hit = Request(policy, capacityBytes, ref NodeOf(trace, nodes, i, round), size, (first + i, nextUse));
                if (first + i >= from && first + i < to)
                {
                    requests++;
                    requestBytes += size;
                    misses += hit ? 0 : 1;
                    missBytes += hit ? 0 : size;
                }
            }
        }

        return new SimulationCount(requests, misses, requestBytes, missBytes);
    }

    private static bool Request(IEvictionPolicy policy, long capacityBytes, ref TraceObject node, long size, (long Now, long Next) use)
    {
        var resized = node.Size != size;
        if (!node.IsHeld)
        {
            node = resized ? new TraceObject(node.Hash, size) : node;
            (node.Used, node.NextUse) = use;
            Enter(policy, capacityBytes, node);
            return false;
        }

        if (resized)
        {
            var fresh = new TraceObject(node.Hash, size);
            policy.Replace(node, fresh);
            node = fresh;
        }

        (node.Used, node.NextUse) = use;
        policy.Hit(node);
        while (resized && policy.Bytes > capacityBytes)
        {
            policy.Evict(null);
        }

        return true;
    }

    private static void Enter(IEvictionPolicy policy, long capacityBytes, TraceObject node)
    {
        if (node.Size > capacityBytes || !policy.Admit(node))
        {
            return;
        }

        while (policy.Bytes + node.Size > capacityBytes)
        {
            policy.Evict(node);
        }

        policy.Insert(node);
    }

    private static ref TraceObject NodeOf(CacheTrace trace, TraceObject?[] nodes, int request, int round)
    {
        ref var node = ref nodes[trace.ObjectAt(request)];
        node ??= new TraceObject(Mix(trace.KeyOf(trace.ObjectAt(request)) + ((ulong)round * 0x9E37_79B9_7F4A_7C15)), trace.SizeAt(request));
        return ref node!;
    }

    /// <summary>A bijection that scatters numbers which stand in a row (the finaliser of MurmurHash3).</summary>
    private static ulong Mix(ulong key)
    {
        key = (key ^ (key >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        key = (key ^ (key >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return key ^ (key >> 33);
    }
}
