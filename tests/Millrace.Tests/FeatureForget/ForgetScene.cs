using System.Text.RegularExpressions;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.FeatureForget;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Tests.Features.PointInTime;

namespace Millrace.Tests.FeatureForget;

/// <summary>A data directory of six users, and the rows that were built from it.</summary>
internal sealed class ForgetScene : IDisposable
{
    private const string Features = "features: [{name: clicks_1h, entity: item, count: click, window: 1h}, {name: mine, entity: user, count: click, window: 7d}, {name: price, value: 'attribute:price'}]";
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private ForgetScene()
    {
    }

    public static SyntheticLog Log { get; } = new(new LogSize(Events: 2_000, Decisions: 60, Items: 20, Users: 6, Seed: 3));

    public static IEnumerable<string> Users => Enumerable.Range(0, Log.Size.Users).Select(SyntheticLog.UserId);

    public string Folder { get; } = Directory.CreateTempSubdirectory("millrace-").FullName;

    public string Data => Path.Combine(Folder, "data");

    public string Rows => Path.Combine(Folder, "rows");

    public string KeyFile => Path.Combine(Data, JournalCommands.KeyFile);

    public string Journal => JournalOf(Data);

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public static async Task<ForgetScene> CreateAsync()
    {
        var scene = new ForgetScene();
        await WriteJournalAsync(scene.Data);
        await File.WriteAllTextAsync(Path.Combine(scene.Folder, "millrace.yaml"), Features);
        Assert.True(await scene.BuildAsync() == ExitCode.Ok, scene.Error);
        return scene;
    }

    public static string JournalOf(string data) => Path.Combine(data, JournalCommands.JournalDirectory);

    /// <summary>A data directory with the log in it, under keys of its own.</summary>
    public static async Task WriteJournalAsync(string data)
    {
        using var keys = new FileSubjectKeys(Path.Combine(data, JournalCommands.KeyFile));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = JournalOf(data) }, TimeProvider.System, keys);
        await EngineSide.WriteAsync(journal, Log, "0123456789abcdef");
    }

    public Task<ExitCode> BuildAsync() => RunAsync(
        "build", Data, "--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString(), "--out", Rows, "--any-definitions", "--slice", "10d");

    public Task<ExitCode> ForgetAsync(params string[] options) => RunAsync("forget", Data, "--rows", Rows, options);

    public Task<ExitCode> RunAsync(string command, string data, string option, string value, params string[] options) => RunAsync(["features", command, data, option, value, .. options]);

    public Task<ExitCode> LabelsAsync(params string[] arguments) => RunAsync(["labels", .. arguments]);

    private async Task<ExitCode> RunAsync(string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return (ExitCode)await MillraceCommand.RunAsync([.. arguments, "--config", Path.Combine(Folder, "millrace.yaml")], TimeProvider.System, _output, _error);
    }

    private Task<ExitCode> RunAsync(string command, string data, string first, string from, string second, string to, params string[] options) =>
        RunAsync(command, data, first, from, [second, to, .. options]);

    /// <summary>A run over these rows by a reader that a test put before the journal's.</summary>
    public async Task<ForgetOutcome> ForgetAsync(Func<IJournalReader, IJournalReader> before, bool dropUnknown = false, bool dropUnreadable = false)
    {
        using var keys = FileSubjectKeys.OpenReadOnly(KeyFile);
        var journal = JournalInspection.Open(Journal, keys);
        using var reader = journal.OpenErasureReader(keys);
        var request = new ForgetRequest { Directory = Rows, Journal = $"{journal.KeySet}", KeysAreNamed = true, DropUnknown = dropUnknown, DropUnreadable = dropUnreadable };
        return await new ForgetRun(before(reader), "default", request, (_, _) => { }).RunAsync(TestContext.Current.CancellationToken);
    }

    public void Erase(params IEnumerable<string> users)
    {
        using var keys = new FileSubjectKeys(KeyFile);
        Assert.All(users, user => Assert.True(keys.Destroy("default", user)));
    }

    /// <summary>Leaves the journal as an earlier release wrote it.</summary>
    public void TakeNameFromJournal()
    {
        var path = Path.Combine(Journal, "journal.json");
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), ",\\s*\"keySet\":\\s*\"[^\"]*\"", ""));
        Assert.DoesNotContain("keySet", File.ReadAllText(path), StringComparison.Ordinal);
    }

    public static bool IsOf(string user, string row) => Log.DecisionFacts().Any(decided => decided.User == user && decided.Id == DecisionOf(row));

    public static string DecisionOf(string row) => row.Split('|')[0];

    public string[] Names(string pattern = "*.parquet") => [.. Directory.GetFiles(Rows, pattern).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public DateTime[] Written() => [.. Names().Select(name => File.GetLastWriteTimeUtc(Path.Combine(Rows, name)))];

    /// <summary>All rows, bit for bit.</summary>
    public string[] Read() =>
        [.. DuckDbRows.Read($"select * from '{Rows}/rows-*.parquet' order by time, decision, rank").Select(row => string.Join('|', row.Select(value => value is float bits ? $"{BitConverter.SingleToInt32Bits(bits):x8}" : $"{value}")))];

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
