using System.Globalization;

namespace Millrace.Bench.DeliveryCompare;

/// <summary>
/// Millrace, nginx and Varnish as caches before one origin, each held to one core and loaded in turn by the same clients from the other: hits by size and
/// protocol, misses, and latency at one rate that all of them bear. Rounds go turn by turn, so that a slow minute of the machine slows all alike.
/// </summary>
/// <param name="node">millrace.dll.</param>
/// <param name="work">A directory in memory.</param>
/// <param name="seconds">Of each reading.</param>
/// <param name="rounds">Readings of each contender and workload.</param>
/// <param name="only">Workloads whose name holds this; empty for all.</param>
internal sealed class CompareBench(string node, string work, double seconds, int rounds, string only)
{
    private static readonly (string Path, int Bytes)[] Objects = [("/1k", 1 << 10), ("/16k", 16 << 10), ("/1m", 1 << 20)];

    /// <summary>Of the rate that the slowest contender reached: well below anybody's saturation.</summary>
    private const double RateShare = 0.5;

    private readonly CompareReport _report = new();

    /// <summary>Runs all of it, prints tables and writes JSON. Returns an exit code.</summary>
    public async Task<int> RunAsync(string? json)
    {
        Directory.CreateDirectory($"{work}/www");
        foreach (var (path, bytes) in Objects)
        {
            File.WriteAllBytes($"{work}/www{path}", [.. Enumerable.Repeat((byte)'x', bytes)]);
        }

        File.WriteAllText($"{work}/miss.lua", """
            local n, seed = 0, os.time() .. math.random(1000000)
            function init() math.randomseed(os.time() + tonumber(tostring({}):sub(8))); seed = os.time() .. "-" .. math.random(1000000000) end
            function request() n = n + 1; return wrk.format("GET", "/miss/" .. seed .. "-" .. n) end
            """);

        var originPort = PinnedServer.FreePort();
        using var origin = await Contender.OriginAsync(work, originPort);
        List<Contender> contenders = [];
        try
        {
            contenders.Add(await Contender.MillraceAsync(node, work, originPort));
            contenders.Add(await Contender.NginxAsync(work, originPort));
            contenders.Add(await Contender.VarnishAsync(work, originPort));
            await WarmAsync(contenders);
            await HitsAsync(contenders);
            await MissesAsync(contenders);
            await LatencyAsync(contenders);
        }
        finally
        {
            contenders.ForEach(static contender => contender.Server.Dispose());
        }

        Console.WriteLine($"{_report.RateTable()}\n{_report.LatencyTable()}");
        if (json is not null)
        {
            File.WriteAllText(json, _report.Json());
        }

        return 0;
    }

    /// <summary>Fills each cache, lets the runtime tier up, and makes sure that hits are hits.</summary>
    private async Task WarmAsync(List<Contender> contenders)
    {
        using var client = new HttpClient();
        foreach (var contender in contenders)
        {
            foreach (var (path, _) in Objects.Where(one => Covers($"{one.Path[1..]} hit, HTTP/1.1") || Covers($"{one.Path[1..]} hit, HTTP/2")))
            {
                await LoadTool.WrkAsync($"http://127.0.0.1:{contender.Port}{path}", seconds);
                await LoadTool.H2LoadAsync($"http://127.0.0.1:{contender.Http2Port}{path}", seconds);
                using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{contender.Port}{path}"));
                var isHit = response.Headers.ToString() is var head
                    && (head.Contains("X-Cache: HIT", StringComparison.Ordinal) || head.Contains("; hit", StringComparison.Ordinal)
                        || (response.Headers.TryGetValues("X-Varnish", out var ids) && ids.Single().Contains(' ', StringComparison.Ordinal)));
                if (!isHit)
                {
                    throw new InvalidOperationException($"{contender.Name} does not hold {path}: {head}");
                }
            }
        }
    }

    private bool Covers(string workload) => workload.Contains(only, StringComparison.Ordinal);

    private async Task HitsAsync(List<Contender> contenders)
    {
        foreach (var (path, _) in Objects)
        {
            await InTurnAsync(contenders, $"{path[1..]} hit, HTTP/1.1", async contender => await LoadTool.WrkAsync($"http://127.0.0.1:{contender.Port}{path}", seconds));
            await InTurnAsync(contenders, $"{path[1..]} hit, HTTP/2", contender => LoadTool.H2LoadAsync($"http://127.0.0.1:{contender.Http2Port}{path}", seconds));
        }
    }

    private Task MissesAsync(List<Contender> contenders) =>
        InTurnAsync(contenders, "1k miss, HTTP/1.1", async contender => await LoadTool.WrkAsync($"http://127.0.0.1:{contender.Port}/miss/", seconds, $"{work}/miss.lua"));

    private async Task InTurnAsync(List<Contender> contenders, string workload, Func<Contender, Task<Throughput?>> load)
    {
        if (!Covers(workload))
        {
            return;
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in Turn(contenders, round))
            {
                var before = contender.Server.CpuSeconds();
                if (await load(contender) is { Requests: > 0 } got)
                {
                    _report.Add(new Reading(workload, contender.Name, round, got.PerSecond, (contender.Server.CpuSeconds() - before) * 1e6 / got.Requests, 0, 0));
                }
            }
        }

        Console.Error.WriteLine($"{workload}: {string.Join(", ", contenders.Select(contender => $"{contender.Name} {_report.MedianRate(workload, contender.Name):0}/s"))}");
    }

    private Task LatencyAsync(List<Contender> contenders)
    {
        foreach (var (path, _) in Objects)
        {
            var rate = Math.Floor(RateShare * contenders.Min(contender => _report.MedianRate($"{path[1..]} hit, HTTP/1.1", contender.Name)));
            if (rate == 0)
            {
                continue; // Left out.
            }

            for (var round = 0; round < rounds; round++)
            {
                foreach (var contender in Turn(contenders, round))
                {
                    using var client = new OpenLoopClient(contender.Port, path, connections: 64);
                    client.Run(rate, seconds / 10);
                    var before = contender.Server.CpuSeconds();
                    var latencies = client.Run(rate, seconds);
                    var cpu = (contender.Server.CpuSeconds() - before) * 1e6 / latencies.Length;
                    var workload = string.Create(CultureInfo.InvariantCulture, $"{path[1..]} hit, HTTP/1.1, {rate:#,0}/s");
                    _report.Add(new Reading(workload, contender.Name, round, latencies.Length / seconds, cpu, latencies[latencies.Length / 2], latencies[(int)(latencies.Length * 0.99)]));
                }
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Another goes first in each round, so that none always runs on what the one before left.</summary>
    private static IEnumerable<Contender> Turn(List<Contender> contenders, int round) => Enumerable.Range(0, contenders.Count).Select(i => contenders[(i + round) % contenders.Count]);
}
