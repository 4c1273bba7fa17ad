using CsCheck;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.Delivery.Tests.Eviction;

public sealed class OfflineBoundTests
{
    /// <summary>So few objects and requests that everything a cache could do can be tried.</summary>
    private static readonly Gen<int[]> Traces = Gen.Int[0, 5].Array[1, 14];

    [Fact]
    public void Belady_hits_as_often_as_anything_can_when_sizes_are_equal() => Gen.Select(Traces, Gen.Int[1, 4]).Sample((requests, capacity) =>
    {
        var trace = Trace(requests, static _ => 1);
        var misses = CacheSimulation.Run(trace, OfflinePolicy.Belady, capacity, cancellation: TestContext.Current.CancellationToken).Misses;
        Assert.Equal(requests.Length - Best(requests, static _ => 1, static _ => 1, capacity), misses);
    });

    [Fact]
    public void Nothing_exceeds_the_bound_whatever_the_sizes() => Gen.Select(Traces, Gen.Int[1, 12]).Sample((requests, capacity) =>
    {
        var trace = Trace(requests, SizeOf);
        var (byRequest, byByte) = HitBound.Of(trace, capacity);
        Assert.True(byRequest * requests.Length >= Best(requests, SizeOf, static _ => 1, capacity) - 1e-9);
        Assert.True(byByte * trace.RequestBytes >= Best(requests, SizeOf, SizeOf, capacity) - 1e-9);
    });

    [Theory]
    [InlineData(JudgedPart.All)]
    [InlineData(JudgedPart.FirstHalf)]
    [InlineData(JudgedPart.SecondHalf)]
    public void No_policy_exceeds_the_bound(JudgedPart judged) => Gen.Select(Gen.Int[0, 5].Array[1, 60], Gen.Int[1, 12]).Sample((requests, capacity) =>
    {
        var trace = Trace(requests, SizeOf);
        var (byRequest, byByte) = HitBound.Of(trace, capacity, judged);
        var range = new SimulationRange { Judged = judged };
        foreach (var kind in Enum.GetValues<EvictionKind>())
        {
            Within(CacheSimulation.Run(trace, kind, capacity, range, cancellation: TestContext.Current.CancellationToken));
        }

        Within(CacheSimulation.Run(trace, OfflinePolicy.Belady, capacity, range, cancellation: TestContext.Current.CancellationToken));
        Within(CacheSimulation.Run(trace, OfflinePolicy.BeladySize, capacity, range, cancellation: TestContext.Current.CancellationToken));

        void Within(SimulationCount count) =>
            Assert.True(count.RequestHitRatio <= byRequest + 1e-9 && count.ByteHitRatio <= byByte + 1e-9, $"{count} exceeds {byRequest}, {byByte}");
    });

    [Fact]
    public void A_cache_of_the_footprint_misses_each_object_once_and_the_bound_says_so()
    {
        int[] requests = [0, 1, 2, 0, 1, 2, 2, 3];
        var trace = Trace(requests, SizeOf);
        Assert.Equal(4, CacheSimulation.Run(trace, EvictionKind.Lru, trace.FootprintBytes, cancellation: TestContext.Current.CancellationToken).Misses);
        Assert.Equal(0.5, HitBound.Of(trace, trace.FootprintBytes).RequestHitRatio);
    }

    private static long SizeOf(int item) => 1 + (item * item % 7);

    private static CacheTrace Trace(int[] requests, Func<int, long> sizeOf)
    {
        var trace = new CacheTrace();
        foreach (var item in requests)
        {
            trace.Add((ulong)item, sizeOf(item));
        }

        return trace;
    }

    /// <summary>The most worth that any sequence of decisions can hit, by trying all sets that may be held after each request.</summary>
    private static long Best(int[] requests, Func<int, long> sizeOf, Func<int, long> worthOf, long capacity)
    {
        var best = new Dictionary<int, long> { [0] = 0 };
        foreach (var item in requests)
        {
            var next = new Dictionary<int, long>();
            foreach (var (held, hits) in best)
            {
                var now = hits + ((held >> item & 1) == 1 ? worthOf(item) : 0);
                var may = held | 1 << item;
                for (var kept = may; ; kept = (kept - 1) & may)
                {
                    if (Enumerable.Range(0, 6).Where(i => (kept >> i & 1) == 1).Sum(sizeOf) <= capacity)
                    {
                        next[kept] = Math.Max(next.GetValueOrDefault(kept), now);
                    }

                    if (kept == 0)
                    {
                        break;
                    }
                }
            }

            best = next;
        }

        return best.Values.Max();
    }
}
