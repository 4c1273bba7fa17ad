using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Tests.Features.PointInTime;

namespace Millrace.Tests.Cli;

public sealed class FeatureForgetCommandTests : IAsyncLifetime
{
    private const string Features = "features: [{name: clicks_1h, entity: item, count: click, window: 1h}, {name: mine, entity: user, count: click, window: 7d}, {name: price, value: 'attribute:price'}]";
    private static readonly LogSize Tiny = new(Events: 2_000, Decisions: 60, Items: 20, Users: 6, Seed: 3);
    private static readonly SyntheticLog Log = new(Tiny);
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Data => Path.Combine(_folder, "data");

    private string Rows => Path.Combine(_folder, "rows");

    private string KeyFile => Path.Combine(Data, JournalCommands.KeyFile);

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        using (var keys = new FileSubjectKeys(KeyFile))
        {
            await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(Data, JournalCommands.JournalDirectory) }, TimeProvider.System, keys);
            await EngineSide.WriteAsync(journal, Log, "0123456789abcdef");
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "millrace.yaml"), Features);
        Assert.Equal(ExitCode.Ok, await RunAsync(
            "build", Data, "--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString(), "--out", Rows, "--any-definitions", "--slice", "10d"));
    }

    public ValueTask DisposeAsync()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Rows_of_an_erased_user_go_and_all_others_stay_bit_for_bit()
    {
        var (before, files) = (Read(), Names());
        Erase("u1");
        var others = before.Where(row => !IsOf("u1", row)).ToArray();
        Assert.InRange(others.Length, 1, before.Length - 1);

        Assert.Equal(ExitCode.Failure, await RunAsync("forget", Data, "--rows", Rows, "--dry-run"));
        Assert.Contains($"{before.Length - others.Length:N0} rows of erased persons stand there still", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Read());

        Assert.True(await RunAsync("forget", Data, "--rows", Rows) == ExitCode.Ok, $"{_output}{_error}");
        Assert.Contains($"{before.Length:N0} rows in {files.Length:N0} files looked through; {before.Length - others.Length:N0} rows of erased persons are gone", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(others, Read());
        Assert.Equal(files, Names());
        Assert.Equal(ExitCode.Ok, await RunAsync("forget", Data, "--rows", Rows));
        Assert.Contains("; 0 rows of erased persons are gone", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_out_is_not_built_again()
    {
        Erase("u1");
        await RunAsync("forget", Data, "--rows", Rows);
        var without = Read();
        await RunAsync(
            "build", Data, "--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString(), "--out", Rows, "--any-definitions", "--slice", "10d");
        Assert.Equal(without, Read());
    }

    [Fact]
    public async Task Files_in_which_nothing_is_found_are_not_touched()
    {
        var before = Directory.GetFiles(Rows).Select(File.GetLastWriteTimeUtc).ToArray();
        Assert.Equal(ExitCode.Ok, await RunAsync("forget", Data, "--rows", Rows));
        Assert.Equal(before, Directory.GetFiles(Rows).Select(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public async Task Rows_of_decisions_that_the_journal_does_not_hold_are_told_of_and_go_when_that_is_asked_for()
    {
        var empty = Path.Combine(_folder, "empty");
        Directory.CreateDirectory(Path.Combine(empty, "keys"));
        using (var keys = new FileSubjectKeys(Path.Combine(empty, JournalCommands.KeyFile)))
        {
            await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(empty, JournalCommands.JournalDirectory) }, TimeProvider.System, keys);
        }

        var before = Read();
        Assert.Equal(ExitCode.Failure, await RunAsync("forget", empty, "--rows", Rows));
        Assert.Contains("decisions that the journal does not hold", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Read());
        Assert.Equal(ExitCode.Ok, await RunAsync("forget", empty, "--rows", Rows, "--drop-unknown"));
        Assert.Empty(Read());
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_said()
    {
        Assert.Equal(ExitCode.Usage, await RunAsync("forget", Data, "--rows", Rows + "x"));
        Assert.Contains("--rows: there is no directory", _error.ToString(), StringComparison.Ordinal);
    }

    private void Erase(string user)
    {
        using var keys = new FileSubjectKeys(KeyFile);
        Assert.True(keys.Destroy("default", user));
    }

    private static bool IsOf(string user, string row) => Log.DecisionFacts().Any(decided => decided.User == user && decided.Id == row.Split('|')[0]);

    private string[] Names() => [.. Directory.GetFiles(Rows).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    private string[] Read() =>
        [.. DuckDbRows.Read($"select * from '{Rows}/*.parquet' order by time, decision, rank").Select(row => string.Join('|', row.Select(value => value is float bits ? $"{BitConverter.SingleToInt32Bits(bits):x8}" : $"{value}")))];

    private async Task<ExitCode> RunAsync(string command, params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        return (ExitCode)await MillraceCommand.RunAsync(["features", command, .. arguments, "--config", Path.Combine(_folder, "millrace.yaml")], TimeProvider.System, _output, _error);
    }
}
