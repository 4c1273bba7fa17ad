namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>
/// What no cache of a size can exceed, offline or not, whatever the sizes of objects: PFOO-L of Berger, Beckmann, Harchol-Balter (SIGMETRICS 2018). A hit needs
/// its object held since the request before, so it takes size × requests between of the cache's space-time, of which there is capacity × requests. Dropping
/// that the capacity holds at each moment, and asking only that the space-time suffices in all, the best choice takes the cheapest hits first. The true
/// optimum for unequal sizes is NP-hard and lies between this and what <see cref="OfflinePolicy.BeladySize"/> reaches.
/// </summary>
public static class HitBound
{
    /// <summary>The largest request hit ratio and the largest byte hit ratio; hardly one cache reaches both.</summary>
    public static (double RequestHitRatio, double ByteHitRatio) Of(CacheTrace trace, long capacityBytes, JudgedPart judged = JudgedPart.All)
    {
        ArgumentNullException.ThrowIfNull(trace);
        var (from, to) = new SimulationRange { Judged = judged }.Counted(trace);
        var next = trace.NextUses();
        List<Hit> hits = [];
        var bytes = 0L;
        for (var i = 0; i < trace.Requests; i++)
        {
            bytes += i >= from && i < to ? trace.SizeAt(i) : 0;

            // Before the part that counts, space-time is free: there is nothing else to spend it on.
            if (next[i] >= from && next[i] < to && trace.SizeAt(i) <= capacityBytes)
            {
                hits.Add(new Hit((double)trace.SizeAt(i) * (next[i] - Math.Max(i, from)), trace.SizeAt(next[i])));
            }
        }

        var budget = (double)capacityBytes * (to - from);
        hits.Sort(static (a, b) => a.Cost.CompareTo(b.Cost));
        var requests = Spend(hits, budget, static _ => 1);

        hits.Sort(static (a, b) => a.CostPerByte.CompareTo(b.CostPerByte));
        return (Share(requests, to - from), Share(Spend(hits, budget, static size => size), bytes));
    }

    /// <summary>The worth of the hits that the budget pays for; of the last one the part that it pays for, which only raises the bound.</summary>
    private static double Spend(List<Hit> hits, double budget, Func<long, double> worth)
    {
        var total = 0.0;
        foreach (var (cost, size) in hits)
        {
            if (cost > budget)
            {
                return total + (worth(size) * budget / cost);
            }

            budget -= cost;
            total += worth(size);
        }

        return total;
    }

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;

    /// <param name="Cost">Space-time, in bytes × requests.</param>
    /// <param name="Size">The bytes that it serves.</param>
    private readonly record struct Hit(double Cost, long Size)
    {
        public double CostPerByte => Cost / Math.Max(1, Size);
    }
}
