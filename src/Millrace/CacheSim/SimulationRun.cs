using Millrace.CacheSim.Traces;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.CacheSim;

/// <summary>Replays one trace through policies at sizes.</summary>
internal sealed class SimulationRun(LoadedTrace loaded, SimulationRange range, SimulationProgress progress)
{
    private readonly CacheTrace _trace = loaded.Trace;

    public SimulationReport Report { get; } = new(loaded, range);

    /// <summary>A table for people per size, as soon as it is known.</summary>
    public IEnumerable<string> Tables(IReadOnlyList<string> policies, IReadOnlyList<CacheSize> sizes, CancellationToken cancellation)
    {
        // Bounds are computed over one round: a repeated trace has none.
        var bounded = range.Repeat <= 1;
        progress.Total = (long)_trace.Requests * Math.Max(1, range.Repeat) * (policies.Count + (bounded ? PolicyNames.Offline.Count : 0)) * sizes.Count;
        foreach (var size in sizes)
        {
            var bytes = size.Of(_trace.FootprintBytes);
            var belady = bounded ? Ratios.Of(Replay("belady", size, bytes, cancellation)) : null;
            var beladySize = bounded ? Ratios.Of(Replay("belady-size", size, bytes, cancellation)) : null;
            var bound = bounded ? HitBound.Of(_trace, bytes, range.Judged) : default;
            foreach (var policy in policies)
            {
                var count = Replay(policy, size, bytes, cancellation);
                Report.Add(new PolicyResult
                {
                    Policy = policy,
                    SizeBytes = bytes,
                    Requests = count.Requests,
                    Misses = count.Misses,
                    MissBytes = count.MissBytes,
                    RequestBytes = count.RequestBytes,
                    RequestHitRatio = count.RequestHitRatio,
                    ByteHitRatio = count.ByteHitRatio,
                    Bound = bounded ? new Ratios(bound.RequestHitRatio, bound.ByteHitRatio) : null,
                    Belady = belady,
                    BeladySize = beladySize,
                });
            }

            yield return Report.Table(size, bytes);
        }
    }

    private SimulationCount Replay(string policy, CacheSize size, long bytes, CancellationToken cancellation) =>
        PolicyNames.Run(policy, _trace, bytes, range, requests => progress.Replayed(policy, size.Text, requests), cancellation);
}
