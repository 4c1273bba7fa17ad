using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.CacheSim.Traces;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.CacheSim;

/// <summary>A policy at a size.</summary>
internal sealed record PolicyResult
{
    public required string Policy { get; init; }

    public required long SizeBytes { get; init; }

    public required long Requests { get; init; }

    public required long Misses { get; init; }

    public required long MissBytes { get; init; }

    public required long RequestBytes { get; init; }

    public required double RequestHitRatio { get; init; }

    public required double ByteHitRatio { get; init; }

    /// <summary>What no cache of the size exceeds (PFOO-L); null when the trace was repeated.</summary>
    public Ratios? Bound { get; init; }

    /// <summary>What Belady's rule reaches: the bound itself where all objects have one size, else a feasible schedule and no bound; null when the trace was repeated.</summary>
    public Ratios? Belady { get; init; }

    /// <summary>What Belady's rule by size reaches, feasible and no bound; null when the trace was repeated.</summary>
    public Ratios? BeladySize { get; init; }
}

/// <summary>Shares of requests and of bytes that were hits.</summary>
internal sealed record Ratios(double RequestHitRatio, double ByteHitRatio)
{
    public static Ratios Of(SimulationCount count) => new(count.RequestHitRatio, count.ByteHitRatio);
}

/// <summary>What a simulation found, for machines and for people.</summary>
internal sealed class SimulationReport(LoadedTrace loaded, SimulationRange range)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly List<PolicyResult> _results = [];

    public IReadOnlyList<PolicyResult> Results => _results;

    public void Add(PolicyResult result) => _results.Add(result);

    /// <summary>The results as an array, with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(_results, Json) + "\n";

    /// <summary>The trace, in a few lines.</summary>
    public string Head()
    {
        var trace = loaded.Trace;
        var text = new StringBuilder();
        Line(text, $"trace        {trace.Requests:N0} requests for {trace.RequestBytes:N0} bytes, read as {loaded.Format}");
        Line(text, $"objects      {trace.Objects:N0}, footprint {trace.FootprintBytes:N0} bytes; {trace.SizeChanges:N0} times one came with another size than before");
        if (loaded.LeftOut.Count > 0)
        {
            Line(text, $"left out     {string.Join(", ", loaded.LeftOut.Select(static pair => $"{pair.Value:N0} by {pair.Key}"))}");
        }

        if (range.Repeat > 1)
        {
            Line(text, $"repeated     {range.Repeat} times, each time with other objects of the same sizes");
        }

        if (range.Judged != JudgedPart.All)
        {
            Line(text, $"judged       {(range.Judged == JudgedPart.FirstHalf ? "the first half of the requests" : "the second half of the requests; the first only fills the cache")}");
        }

        return text.ToString();
    }

    /// <summary>All results of one size, as a table.</summary>
    public string Table(CacheSize size, long bytes)
    {
        var text = new StringBuilder();
        Line(text, $"");
        Line(text, $"{size.Text} = {bytes:N0} bytes{(loaded.Trace.FootprintBytes > 0 ? $", {(double)bytes / loaded.Trace.FootprintBytes:P2} of the footprint" : "")}");
        Line(text, $"  {"policy",-12}{"request hits",13}{"byte hits",11}{"misses",12}{"miss bytes",18}");
        PolicyResult? last = null;
        foreach (var result in _results.Where(result => result.SizeBytes == bytes))
        {
            last = result;
            Line(text, $"  {result.Policy,-12}{result.RequestHitRatio,13:F4}{result.ByteHitRatio,11:F4}{result.Misses,12:N0}{result.MissBytes,18:N0}");
        }

        foreach (var (name, ratios, note) in ((string, Ratios?, string)[])
            [
                ("belady", last?.Belady, "feasible; optimal if all sizes were equal"), ("belady-size", last?.BeladySize, "feasible"),
                ("bound", last?.Bound, "PFOO-L: no cache exceeds it; not tight for unequal sizes"),
            ])
        {
            if (ratios is not null)
            {
                Line(text, $"  {name,-12}{ratios.RequestHitRatio,13:F4}{ratios.ByteHitRatio,11:F4}  offline, {note}");
            }
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
