using System.Globalization;
using Millrace.Soak.Chaos;
using Millrace.Soak.Clients;
using Millrace.Soak.Content;
using Millrace.Soak.Fleet;

namespace Millrace.Soak.Oracle;

/// <summary>What must hold when the load has ended: nothing in hand, nothing leaked, no error in a log, and no more asked of the origin than the rules need.</summary>
internal sealed class RestCheck(SoakFleet fleet, Catalogue catalogue, PurgeBook purges, Violations violations)
{
    /// <summary>Two shields, and two edges while a shield is away; each may have one fetch and one that began before a purge.</summary>
    private const int MostInHand = 8;

    /// <summary>The largest body that is stored whole.</summary>
    private const long Stored = 8 << 20;

    /// <summary>Memory, arriving bodies, disk reads and writes in hand, and what the runtime and the journal need.</summary>
    private const double MostMegabytes = 600;

    private static readonly TimeSpan ComesToRest = TimeSpan.FromSeconds(25);

    public async Task RunAsync(double seconds, ChaosPlan chaos)
    {
        await Task.WhenAll(fleet.Nodes.Select(ComeToRestAsync));
        foreach (var error in fleet.Nodes.SelectMany(static node => node.Errors))
        {
            violations.Add("log", error);
        }

        for (var id = 0; id < catalogue.Count; id++)
        {
            CheckOriginRequests(catalogue[id], seconds, chaos.Kills);
        }
    }

    public void CheckMemory(MemoryWatch memory)
    {
        foreach (var (node, most, _) in memory.Readings())
        {
            if (most > MostMegabytes)
            {
                violations.Add("memory", string.Create(CultureInfo.InvariantCulture, $"{node}: {most:F0} MiB"));
            }
        }
    }

    /// <summary>Waits until a node holds nothing any more, and says what it still holds when the wait is over.</summary>
    private async Task ComeToRestAsync(NodeProcess node)
    {
        string held;
        var until = DateTimeOffset.UtcNow + ComesToRest;
        while ((held = await HeldAsync(node)).Length > 0)
        {
            if (DateTimeOffset.UtcNow > until)
            {
                violations.Add("rest", $"{node.Site.Name} still holds {held}");
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }
    }

    private static async Task<string> HeldAsync(NodeProcess node)
    {
        List<string> held = [];
        foreach (var metric in (string[])["millrace_delivery_fill_bytes", "millrace_delivery_origin_waiting", "millrace_delivery_disk_queue_bytes"])
        {
            if (await node.MetricAsync(metric) is > 0 and var value)
            {
                held.Add(string.Create(CultureInfo.InvariantCulture, $"{metric} {value}"));
            }
        }

        // Probes go on and keep their own connections idle.
        if (await node.MetricAsync("millrace_delivery_origin_connections") - await node.MetricAsync("millrace_delivery_origin_idle") is > 0 and var busy)
        {
            held.Add($"{busy} connections to origins");
        }

        // Its sockets: what is left are the listeners, those of the probes and the one that asks.
        var sockets = Directory.GetFiles($"/proc/{node.Id}/fd").Count(static file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
        if (sockets > 12)
        {
            held.Add($"{sockets} sockets");
        }

        return string.Join(", ", held);
    }

    private void CheckOriginRequests(SoakObject item, double seconds, int kills)
    {
        if (item.IsOwn || item.BytesOf(0) > Stored)
        {
            return;
        }

        var (asked, most) = (fleet.Log.WholeRequests[item.Id], fleet.Log.MostInHand[item.Id]);
        var variants = item.Kind is ContentKind.Language or ContentKind.Coded ? 3 : 1;
        var spans = (seconds / item.MaxAge) + 2 + purges.CountOf(item) + kills + fleet.Log.FailuresOf(item);
        if (asked > 4 * variants * spans)
        {
            violations.Add("collapse", string.Create(CultureInfo.InvariantCulture, $"{asked} requests for {item.Url} ({item.CacheControl}), where {4 * variants * spans:F0} are plenty"));
        }

        if (most > MostInHand)
        {
            violations.Add("collapse", $"{most} requests at once for one variant of {item.Url} ({item.CacheControl}, {item.BytesOf(0)} bytes)");
        }
    }
}
