using System.Diagnostics;
using System.Globalization;
using Millrace.Delivery.Eviction;

namespace Millrace.Bench.Eviction;

/// <summary>
/// What a policy costs the live store: nanoseconds and allocated bytes of a request, hits through the read buffer with its drains, misses with their evictions. One
/// thread; 100,000 objects of 1 to 64 KiB asked for by Zipf's law, a cache of a tenth of their bytes, the second half of the requests timed.
/// </summary>
internal static class EvictionBench
{
    private const int Objects = 100_000;
    private const int Requests = 4_000_000;

    public static int Run(int requests = Requests)
    {
        var order = Zipf(requests);
        Console.WriteLine($"{"policy",-10}{"request hits",14}{"ns/request",12}{"B/request",11}");
        foreach (var kind in Enum.GetValues<EvictionKind>())
        {
            var entries = Enumerable.Range(0, Objects).Select(static number => new Entry(number)).ToArray();
            var capacity = entries.Sum(static entry => entry.Size) / 10;
            var policy = EvictionPolicies.Create(kind, capacity);
            var half = requests / 2;
            Replay(policy, entries, order.AsSpan(0, half), capacity);
            var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            var hits = Replay(policy, entries, order.AsSpan(half), capacity);
            var elapsed = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{kind,-10}{(double)hits / half,14:F3}{elapsed.TotalNanoseconds / half,12:F0}{(double)allocated / half,11:F3}"));
        }

        return 0;
    }

    private static long Replay(IEvictionPolicy policy, Entry[] entries, ReadOnlySpan<int> order, long capacity)
    {
        var reads = new ReadBuffer(1);
        var hits = 0L;
        foreach (var number in order)
        {
            var entry = entries[number];
            if (entry.IsHeld)
            {
                hits++;
                if (reads.Record(entry))
                {
                    reads.Drain(policy);
                }

                continue;
            }

            reads.Drain(policy);
            if (policy.Admit(entry))
            {
                while (policy.Bytes + entry.Size > capacity)
                {
                    policy.Evict(entry);
                }

                policy.Insert(entry);
            }
        }

        return hits;
    }

    /// <summary>Object numbers with probability proportional to 1 / rank.</summary>
    private static int[] Zipf(int requests)
    {
        var random = new Random(1);
        var order = new int[requests];
        for (var i = 0; i < requests; i++)
        {
            // The inverse of the law's continuous form.
            order[i] = (int)Math.Pow(Objects, random.NextDouble()) - 1;
        }

        return order;
    }

    private sealed class Entry : EvictionNode
    {
        public Entry(int number)
            : base((ulong)(number + 1) * 0x9E37_79B9_7F4A_7C15) => Size = 1024 << (number * 11 % 7);
    }
}
