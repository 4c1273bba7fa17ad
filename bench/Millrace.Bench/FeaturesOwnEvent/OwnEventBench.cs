using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Bench.DiskTier;

namespace Millrace.Bench.FeaturesOwnEvent;

/// <summary>
/// From an event that a node acknowledged as durable to the first decision of its session that knows of it, over HTTP with a node of its own process; and what the node
/// costs when nobody asks.
/// </summary>
internal static class OwnEventBench
{
    private const int Items = 40;
    private const int WarmUp = 50;

    // Compiling what the rounds made hot took two thirds of the next half minute's processor time.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(75);

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1);

    /// <param name="node">millrace.dll.</param>
    /// <param name="directory">Takes the node's data.</param>
    /// <param name="rounds">Each of a session of its own.</param>
    /// <param name="idle">How long the node is left alone.</param>
    internal static async Task<int> RunAsync(string node, string directory, int rounds, TimeSpan idle)
    {
        using var up = await BenchNode.UpAsync(
            node,
            directory,
            adminKey: null,
            "features=[{name: clicks, entity: item, count: click, window: 1h, as: log}]",
            "policies={home: {candidates: [{recent: true}], blend: {clicks: 1}, excludeSeen: true}}",
            "surfaces={home: {policy: home, slots: [{id: main, count: 10}]}}");
        await up.PostAsync("/v1/items:batch", string.Join('\n', Enumerable.Range(0, Items).Select(item => $$"""{"id":"i{{item}}"}""")), "application/x-ndjson");
        while ((await SlateAsync(up, "first")).Length == 0)
        {
            await Task.Delay(10);
        }

        for (var round = 0; round < WarmUp; round++)
        {
            await RoundAsync(up, $"w{round}");
        }

        var rows = new List<(double Milliseconds, int Decisions)>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            rows.Add(await RoundAsync(up, $"s{round}"));
        }

        double[] sorted = [.. rows.Select(row => row.Milliseconds).Order()];
        var at = rows.Count(row => row.Decisions == 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds: median {sorted[rounds / 2]:F2} ms, p99 {sorted[rounds * 99 / 100]:F2} ms, most {sorted[^1]:F2} ms; at the first decision {at}, most decisions {rows.Max(row => row.Decisions)}"));
        var busy = await IdleAsync(up, idle);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle: {busy:P2} of one core over {idle.TotalSeconds:F0} s"));
        return sorted[^1] < Most.TotalMilliseconds ? 0 : 1;
    }

    /// <summary>Clicks what stands first in the session's slate, and decides until it is gone.</summary>
    private static async Task<(double Milliseconds, int Decisions)> RoundAsync(BenchNode node, string session)
    {
        var slate = await SlateAsync(node, session);
        var clicked = slate.Length > 0 ? slate[0] : throw new InvalidOperationException($"{session}: nothing is shown before the click");
        await node.PostAsync("/v1/events", $$"""{"events":[{"id":"{{session}}-click","type":"click","item":"{{clicked}}","session":"{{session}}"}]}""", "application/json");
        var began = Stopwatch.GetTimestamp();
        for (var decisions = 1; ; decisions++)
        {
            slate = await SlateAsync(node, session);
            var took = Stopwatch.GetElapsedTime(began);
            if (slate.Length == 0)
            {
                throw new InvalidOperationException($"{session}: nothing is shown after the click");
            }

            if (!slate.Contains(clicked) || took > TimeSpan.FromSeconds(10))
            {
                return (took.TotalMilliseconds, decisions);
            }
        }
    }

    private static async Task<string[]> SlateAsync(BenchNode node, string session)
    {
        var reply = JsonNode.Parse(await node.PostAsync("/v1/decide", $$"""{"surface":"home","session":"{{session}}"}""", "application/json"))!;
        return [.. reply["slots"]!.AsArray().SelectMany(slot => slot!["items"]!.AsArray()).Select(item => (string)item!["id"]!)];
    }

    private static async Task<double> IdleAsync(BenchNode node, TimeSpan idle)
    {
        await Task.Delay(Settling);
        var (began, used) = (Stopwatch.GetTimestamp(), node.ProcessorTime);
        await Task.Delay(idle);
        return (node.ProcessorTime - used) / Stopwatch.GetElapsedTime(began);
    }
}
