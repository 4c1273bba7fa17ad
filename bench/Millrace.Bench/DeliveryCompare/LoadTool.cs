using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Bench.DeliveryCompare;

/// <summary>Closed-loop load from Debian's tools, on the core beside the server's. They find the most that a server can do; they hide queueing, so no latency is taken from them.</summary>
internal static partial class LoadTool
{
    private const string Core = "0";

    /// <summary>HTTP/1.1 keep-alive by wrk: 32 connections of one thread.</summary>
    public static async Task<Throughput> WrkAsync(string url, double seconds, string? script = null)
    {
        string[] arguments = ["-t1", "-c32", $"-d{Seconds(seconds)}s", .. script is null ? Array.Empty<string>() : ["-s", script], url];
        var output = await RunAsync("wrk", arguments);
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"wrk {url}: {output}");
        }

        return new Throughput(Number(WrkRate().Match(output)), (long)Number(WrkTotal().Match(output)));
    }

    /// <summary>HTTP/2 without TLS by h2load: 8 connections of 8 streams. Null when the server does not speak it.</summary>
    public static async Task<Throughput?> H2LoadAsync(string url, double seconds)
    {
        var output = await RunAsync("h2load", ["-t1", "-c8", "-m8", "-D", Seconds(seconds), url]);
        var done = H2Total().Match(output);
        return !done.Success || Number(done) == 0 || !output.Contains("Application protocol: h2c", StringComparison.Ordinal) || !output.Contains(" 0 4xx, 0 5xx", StringComparison.Ordinal)
            ? null
            : new Throughput(Number(H2Rate().Match(output)), (long)Number(done));
    }

    private static string Seconds(double seconds) => Math.Max(1, Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);

    private static double Number(Match match) => match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static async Task<string> RunAsync(string tool, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("taskset", ["-c", Core, tool, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output + await error;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex WrkRate();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex WrkTotal();

    [GeneratedRegex(@", ([\d.]+) req/s")]
    private static partial Regex H2Rate();

    [GeneratedRegex(@"requests: .* (\d+) succeeded")]
    private static partial Regex H2Total();
}

/// <summary>What a closed loop got through.</summary>
internal readonly record struct Throughput(double PerSecond, long Requests);
