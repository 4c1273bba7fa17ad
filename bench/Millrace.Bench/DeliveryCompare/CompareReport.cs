using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Bench.DeliveryCompare;

/// <summary>One reading: what one contender did in one round of one workload.</summary>
internal readonly record struct Reading(string Workload, string Contender, int Round, double PerSecond, double CpuMicroseconds, double P50, double P99);

/// <summary>All readings of a run, as a table of medians with ratios, and as JSON.</summary>
internal sealed class CompareReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly List<Reading> _readings = [];

    public void Add(Reading reading) => _readings.Add(reading);

    public double MedianRate(string workload, string contender) => Median(Of(workload, contender).Select(static one => one.PerSecond));

    public string Json() => JsonSerializer.Serialize(
        new
        {
            takenAt = DateTimeOffset.UtcNow,
            machine = $"{Environment.ProcessorCount} processors, {Environment.OSVersion}, .NET {Environment.Version}",
            loadAverage = File.ReadAllText("/proc/loadavg").Trim(),
            readings = _readings.Select(static one => new { one.Workload, one.Contender, one.Round, one.PerSecond, one.CpuMicroseconds, one.P50, one.P99 }),
            ratios = _readings.Select(static one => one.Workload).Distinct().Select(workload => new
            {
                workload,
                toNginx = Ratio(workload, "nginx"),
                toVarnish = Ratio(workload, "varnish"),
                cpuToNginx = CpuRatio(workload, "nginx"),
                cpuToVarnish = CpuRatio(workload, "varnish"),
            }),
        },
        Indented);

    /// <summary>Rates by closed loops: per contender the median, then Millrace's ratio to each peer, with the least and the largest of the rounds.</summary>
    public string RateTable()
    {
        var table = new StringBuilder("| workload | millrace/s | nginx/s | varnish/s | to nginx (rounds) | to varnish (rounds) | CPU µs: millrace | nginx | varnish | nginx's CPU to ours | varnish's |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var workload in Workloads(static one => one.P99 == 0))
        {
            table.Append(CultureInfo.InvariantCulture, $"| {workload} | {Rate("millrace")} | {Rate("nginx")} | {Rate("varnish")} | {Ratio(workload, "nginx")} | {Ratio(workload, "varnish")} | {Cpu("millrace")} | {Cpu("nginx")} | {Cpu("varnish")} | {CpuRatio(workload, "nginx")} | {CpuRatio(workload, "varnish")} |\n");

            string Rate(string contender) => Number(MedianRate(workload, contender), "#,0");
            string Cpu(string contender) => Number(Median(Of(workload, contender).Select(static one => one.CpuMicroseconds)), "0.0");
        }

        return table.ToString();
    }

    /// <summary>Latency at a constant rate, from the moment a request was due; medians of the rounds.</summary>
    public string LatencyTable()
    {
        var table = new StringBuilder("| workload at rate | millrace p50 / p99 µs | nginx p50 / p99 µs | varnish p50 / p99 µs | CPU µs: millrace | nginx | varnish |\n|---|---|---|---|---|---|---|\n");
        foreach (var workload in Workloads(static one => one.P99 > 0))
        {
            table.Append(CultureInfo.InvariantCulture, $"| {workload} | {Both("millrace")} | {Both("nginx")} | {Both("varnish")} | {Cpu("millrace")} | {Cpu("nginx")} | {Cpu("varnish")} |\n");

            string Both(string contender) => $"{Number(Median(Of(workload, contender).Select(static one => one.P50)), "0")} / {Number(Median(Of(workload, contender).Select(static one => one.P99)), "0")}";
            string Cpu(string contender) => Number(Median(Of(workload, contender).Select(static one => one.CpuMicroseconds)), "0.0");
        }

        return table.ToString();
    }

    private string[] Workloads(Func<Reading, bool> which) => [.. _readings.Where(which).Select(static one => one.Workload).Distinct()];

    private IEnumerable<Reading> Of(string workload, string contender) => _readings.Where(one => one.Workload == workload && one.Contender == contender);

    /// <summary>Our rate to a peer's.</summary>
    private string Ratio(string workload, string peer) => Ratio(Of(workload, "millrace"), Of(workload, peer), static (ours, theirs) => ours.PerSecond / theirs.PerSecond);

    /// <summary>A peer's time of processor per request to ours: like the rate's ratio, larger is better; unlike it, hardly touched by what else the machine does.</summary>
    private string CpuRatio(string workload, string peer) => Ratio(Of(workload, "millrace"), Of(workload, peer), static (ours, theirs) => theirs.CpuMicroseconds / ours.CpuMicroseconds);

    private static string Ratio(IEnumerable<Reading> ours, IEnumerable<Reading> theirs, Func<Reading, Reading, double> of)
    {
        double[] ratios = [.. ours.Join(theirs, static one => one.Round, static one => one.Round, of).Order()];
        return ratios.Length == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00})");
    }

    private static string Number(double value, string format) => value == 0 ? "none" : value.ToString(format, CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
