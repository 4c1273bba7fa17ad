using System.Text.Json;
using Millrace.Cli;

namespace Millrace.Tests.CacheSim;

public sealed class CacheSimCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-cache-sim-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Policies_at_sizes_are_reported_as_an_array_in_that_order()
    {
        var report = Path.Combine(_folder, "out.json");
        Assert.Equal(ExitCode.Ok, await RunAsync(Trace(), "--policy", "lru,default", "--size", "20,1KiB,50%", "--report", report));

        // a b c a b d of 10 bytes: two fit, so LRU misses all, as does the default, for whom the newer of equals wins; a KiB holds everything.
        var results = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).RootElement.EnumerateArray().ToList();
        Assert.Equal(
            [("lru", 20, 6), ("default", 20, 6), ("lru", 1024, 4), ("default", 1024, 4)],
            results.Take(4).Select(static result => (result.GetProperty("policy").GetString()!, result.GetProperty("sizeBytes").GetInt32(), result.GetProperty("misses").GetInt32())));
        Assert.Equal((6, 60, 60), (Of(0, "requests"), Of(0, "requestBytes"), Of(0, "missBytes")));
        Assert.Equal(20, Of(4, "sizeBytes"));
        Assert.Equal(2.0 / 6, results[2].GetProperty("bound").GetProperty("requestHitRatio").GetDouble());
        Assert.Contains("PFOO-L", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());

        int Of(int index, string name) => results[index].GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task The_halves_add_up_to_the_whole()
    {
        var (whole, first, second) = (await MissesAsync(), await MissesAsync("--judge-first-half"), await MissesAsync("--judge-second-half"));
        Assert.Equal((6, 3, 3), (whole.Requests, first.Requests, second.Requests));
        Assert.Equal(whole.Misses, first.Misses + second.Misses);
    }

    [Fact]
    public async Task A_repeated_trace_asks_for_other_objects_each_time()
    {
        var (requests, misses) = await MissesAsync("--repeat", "3");
        Assert.Equal((18, 12), (requests, misses));
        Assert.DoesNotContain("PFOO-L", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("did you mean 'sieve'", "--policy", "lru,seive")]
    [InlineData("--size: expected a size", "--size", "12parsecs")]
    [InlineData("--size: expected a size", "--size", "0")]
    [InlineData("--size: expected a size", "--size", "-1%")]
    [InlineData("did you mean 'combined-log'", "--format", "combined-logs")]
    [InlineData("--repeat: expected 1 to", "--repeat", "0")]
    public async Task What_is_not_understood_is_usage_and_says_what_was_expected(string message, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync([Trace(), .. arguments]));
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_that_is_not_there_or_not_a_trace_fails_by_its_name()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync(Path.Combine(_folder, "none.csv")));
        Assert.Contains("none.csv", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync(Trace(), "--format", "oracle-general"));
        Assert.Contains("trace.csv: record 3:", _error.ToString(), StringComparison.Ordinal);
    }

    private async Task<(int Requests, int Misses)> MissesAsync(params string[] arguments)
    {
        var report = Path.Combine(_folder, "misses.json");
        Assert.Equal(ExitCode.Ok, await RunAsync([Trace(), "--policy", "lru", "--size", "40", "--report", report, .. arguments]));
        var result = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).RootElement[0];
        return (result.GetProperty("requests").GetInt32(), result.GetProperty("misses").GetInt32());
    }

    private string Trace()
    {
        var path = Path.Combine(_folder, "trace.csv");
        File.WriteAllText(path, "time,key,size\n1,a,10\n2,b,10\n3,c,10\n4,a,10\n5,b,10\n6,d,10\n");
        return path;
    }

    private async Task<ExitCode> RunAsync(params string[] arguments) =>
        (ExitCode)await MillraceCommand.RunAsync(["cache-sim", .. arguments], TimeProvider.System, _output, _error);
}
