using System.Diagnostics;
using Millrace.Tests.House;

namespace Millrace.Tests.Node;

/// <summary>The soak, small: a fleet of processes under load, kills, reloads, purges and an origin's storms; and a planted fault that it must see.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SoakTests
{
    [Fact(Timeout = 240_000)]
    public async Task Fleet_under_load_and_chaos_serves_only_what_it_may()
    {
        var (exit, output) = await RunAsync(TestContext.Current.CancellationToken, "0.25", "1", "--objects", "150", "--rate", "60", "--clients", "12", "--max-bytes", "4000000");
        Assert.True(exit == 0, output);
    }

    [Theory(Timeout = 240_000)]
    [InlineData("swap", "body")]
    [InlineData("purge", "purge")]
    public async Task Planted_fault_is_seen(string plant, string violation)
    {
        var (exit, output) = await RunAsync(TestContext.Current.CancellationToken, "0.15", "2", "--calm", "--objects", "50", "--rate", "60", "--clients", "12", "--max-bytes", "2000001", "--plant", plant);
        Assert.True(exit == 1, output);
        Assert.Contains($"VIOLATION {violation}:", output, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output)> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        var work = Directory.CreateTempSubdirectory("millrace-soak-").FullName;
        using var run = Process.Start(new ProcessStartInfo(
            Path.Combine(RepositoryRoot.Path, "tests", "soak", "run"), [.. arguments, "--work", work]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var errors = run.StandardError.ReadToEndAsync(cancellation);
            var output = await run.StandardOutput.ReadToEndAsync(cancellation);
            await run.WaitForExitAsync(cancellation);
            return (run.ExitCode, output + await errors);
        }
        finally
        {
            run.Kill(entireProcessTree: true);
            Directory.Delete(work, recursive: true);
        }
    }
}
