using System.Collections.Immutable;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Tests.Features.PointInTime;

namespace Millrace.Tests.Cli;

public sealed class FeatureBuildCommandTests : IAsyncLifetime
{
    private const string Features = "features: [{name: clicks_1h, entity: item, count: click, window: 1h}, {name: seen_1d, entity: item, count: impression, window: 1d}, {name: clicks_6h, life: removed}, {name: clicks_9h, life: removed}]";
    private static readonly LogSize Tiny = new(Events: 2_000, Decisions: 60, Items: 20, Users: 10, Seed: 3);
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Data => Path.Combine(_folder, "data");

    private string Rows => Path.Combine(_folder, "rows");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        using var keys = new FileSubjectKeys(Path.Combine(Data, JournalCommands.KeyFile));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(Data, JournalCommands.JournalDirectory) }, TimeProvider.System, keys);
        await EngineSide.WriteAsync(journal, new SyntheticLog(Tiny), "0123456789abcdef");
        await journal.AppendAsync([Changed(new Policy { Name = "home", Version = 1, Blend = ImmutableSortedDictionary<string, double>.Empty.Add("clicks_6h", 1) }, 8), Changed(new Policy { Name = "home", Version = 2 }, 9)], default);
        await File.WriteAllTextAsync(Path.Combine(_folder, "millrace.yaml"), Features);
    }

    public ValueTask DisposeAsync()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Rows_are_built_and_a_second_run_has_nothing_to_do()
    {
        Assert.Equal(ExitCode.Ok, await BuildAsync("--any-definitions", "--slice", "5d"));
        Assert.Contains("rows         600 of 60 decisions, in 6 slices; 0 were done before", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(600L, DuckDbRows.Read($"select count(*) from '{Rows}/*.parquet'")[0][0]);
        Assert.InRange((long)(double)DuckDbRows.Read($"select sum(seen_1d) from '{Rows}/*.parquet'")[0][0]!, 1_000, 100_000);
        await BuildAsync("--any-definitions", "--slice", "5d");
        Assert.Matches("in 0 slices; 6 were done before|in 1 slices; 5 were done before", _output.ToString());
    }

    [Fact]
    public async Task Other_definitions_are_named_with_their_epochs_and_fail_the_command_unless_that_is_allowed()
    {
        Assert.Equal(ExitCode.Failure, await BuildAsync("--slice", "30d"));
        Assert.Contains("epochs 1 to 60 had definitions 0123456789abcdef: 60 decisions", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("not built    60: taken under other definitions; --any-definitions", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await BuildAsync("--slice", "30d", "--allow-missing"));
    }

    [Fact]
    public async Task Rows_of_another_kind_are_not_overwritten()
    {
        Assert.Equal(ExitCode.Ok, await BuildAsync("--any-definitions", "--slice", "5d"));
        var before = Files();
        Assert.Equal(ExitCode.Failure, await BuildAsync("--any-definitions", "--slice", "5d", "--rows", "candidates"));
        Assert.Contains("holds slate rows, and this build makes candidates rows", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task A_removed_feature_is_named_as_removed_and_when_it_was_read_last()
    {
        Assert.Equal(ExitCode.Usage, await BuildAsync("--features", "clicks_6h,clicks_9h"));
        Assert.Matches(@"feature 'clicks_6h' was removed \(.*millrace\.yaml:1:\d+\); the last policy that read it, home@1, decided until 2026-11-30T09:00:00\.000000Z", _error.ToString());
        Assert.Matches(@"feature 'clicks_9h' was removed \(.*millrace\.yaml:1:\d+\); no policy that the journal holds read it", _error.ToString());
    }

    [Theory]
    [InlineData("is 'clicks_1h' meant?", "--features", "clicks_1")]
    [InlineData("'seen_1d' is named twice", "--features", "seen_1d,seen_1d")]
    [InlineData("--slice: expected", "--slice", "hour")]
    [InlineData("--max-persons: expected 1 or more", "--max-persons", "0")]
    public async Task What_is_wrong_is_said(string says, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await BuildAsync(arguments));
        Assert.Contains(says, _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Rows));
    }

    [Fact]
    public async Task Times_places_and_files_that_are_not_there_are_named()
    {
        var config = Path.Combine(_folder, "millrace.yaml");
        Assert.Equal(ExitCode.Usage, await RunAsync(Data, "--config", config, "--from", "2026-11-08", "--to", "2026-11-08", "--out", Rows));
        Assert.Contains("--from 2026-11-08T00:00:00.000000Z is not before --to", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await RunAsync(Data, "--config", config, "--from", "yesterday", "--to", "2026-11-08", "--out", Rows));
        Assert.Contains("got 'yesterday'", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.DataUnusable, await RunAsync(_folder, "--config", config, "--from", "2026-11-07", "--to", "2026-11-08", "--out", Rows));
        Assert.Contains("there is none", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.ConfigInvalid, await RunAsync(Data, "--config", config + "x", "--from", "2026-11-07", "--to", "2026-11-08", "--out", Rows));
    }

    private string[] Files() => [.. Directory.GetFiles(Rows).Order(StringComparer.Ordinal).Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O} {new FileInfo(file).Length}")];

    private static PolicyChanged Changed(Policy policy, int hour) => new()
    {
        Id = $"policy:{policy.Id}",
        Policy = policy.Name,
        Version = policy.Version,
        Definition = PolicyJson.Write(policy),
        Time = UnixMicros.From(new DateTimeOffset(2026, 11, 30, hour, 0, 0, TimeSpan.Zero)),
    };

    private Task<ExitCode> BuildAsync(params string[] more) => RunAsync(
        [Data, "--config", Path.Combine(_folder, "millrace.yaml"), "--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString(), "--out", Rows, .. more]);

    private async Task<ExitCode> RunAsync(params string[] arguments) =>
        (ExitCode)await MillraceCommand.RunAsync(["features", "build", .. arguments], TimeProvider.System, _output, _error);
}
