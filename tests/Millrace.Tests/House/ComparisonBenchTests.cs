using System.Diagnostics;
using System.Text.Json;

namespace Millrace.Tests.House;

/// <summary>The comparison with nginx and Varnish, once and briefly, so that it does not rot: it runs to its end and says something of all three.</summary>
public sealed class ComparisonBenchTests
{
    [Fact(Timeout = 120_000)]
    public async Task Comparison_with_nginx_and_varnish_runs()
    {
        var report = Path.Combine(Directory.CreateTempSubdirectory("millrace-compare-").FullName, "readings.json");
        using var run = Process.Start(new ProcessStartInfo(
            Path.Combine(RepositoryRoot.Path, "bench", "delivery-compare", "run"), ["1", "1", report, "1k hit, HTTP/1.1"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var errors = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await run.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(run.ExitCode == 77, output);
            Assert.True(run.ExitCode == 0, output + await errors);
            using var readings = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
            Assert.Equal(
                ["millrace", "nginx", "varnish"],
                readings.RootElement.GetProperty("readings").EnumerateArray().Select(static reading => reading.GetProperty("Contender").GetString()).Distinct().Order());
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(report)!, true);
        }
    }
}
