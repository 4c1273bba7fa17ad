using System.Text.Json;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Learning.Training;
using Millrace.Node;
using Millrace.Tests.FeatureForget;
using Millrace.Tests.Learning.Attribution;

namespace Millrace.Tests.Cli;

/// <summary>Over a journal of six users on disk, whose rows were built too.</summary>
public sealed class LabelBuildCommandTests
{
    private static readonly string From = SyntheticLog.Start.ToString();
    private static readonly string To = (SyntheticLog.Start + SyntheticLog.Length).ToString();

    [Fact]
    public async Task Labels_are_built_joined_with_rows_and_lose_erased_persons()
    {
        using var scene = await ForgetScene.CreateAsync();
        await File.WriteAllBytesAsync(Path.Combine(scene.Data, NodeServices.TokenKeyFile), [.. Enumerable.Range(1, 32).Select(i => (byte)i)], TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(Path.Combine(scene.Folder, "millrace.yaml"), "\noutcomes: {again: {event: click, window: 30d}}\n", TestContext.Current.CancellationToken);
        var report = Path.Combine(scene.Folder, "report.json");
        Assert.True(await BuildAsync(scene, scene.Data, scene.Rows, "--report", report) == ExitCode.Ok, scene.Error);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        Assert.Equal(60, json.RootElement.GetProperty("decisions").GetInt64());
        var all = LabelRow.Read(scene.Rows, "click", "again");
        Assert.Equal(all.Count, json.RootElement.GetProperty("rows").GetInt64());
        Assert.Equal(6, all.Select(row => row.Person).Distinct().Count());
        Assert.Contains(all, row => row.Labels.Contains("again=1", StringComparison.Ordinal));
        var query = new ExampleQuery { Rows = scene.Rows, Labels = scene.Rows, Label = "click" };
        var examples = ParquetExamples.Open(query, TestContext.Current.CancellationToken);
        Assert.InRange(examples.Count, all.Count / 2, all.Count);

        scene.Erase(ForgetScene.Users.First());
        Assert.True(await scene.ForgetAsync() == ExitCode.Ok, scene.Error);
        var rest = LabelRow.Read(scene.Rows, "click", "again");
        Assert.Equal(5, rest.Select(row => row.Person).Distinct().Count());
        Assert.Equal(all.Where(row => rest.Any(left => left.Person == row.Person)), rest);
        Assert.Equal(5, await PersonsAsync(ParquetExamples.Open(query, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task What_is_wrong_is_said()
    {
        using var scene = await ForgetScene.CreateAsync();
        Assert.Equal(ExitCode.DataUnusable, await BuildAsync(scene, scene.Data, scene.Rows));
        Assert.Contains("token.key is not there, and labels name persons under it", scene.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await BuildAsync(scene, scene.Data, scene.Rows, "--slice", "soon"));
        Assert.Contains("--slice: expected a duration", scene.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await BuildAsync(scene, scene.Data, scene.Rows, "--memory", "1"));
        await File.AppendAllTextAsync(Path.Combine(scene.Folder, "millrace.yaml"), "\noutcomes: {clik: {event: click, widow: 5s}, delivery: {}, label: {}, hide: {unit: s}}\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.ConfigInvalid, await BuildAsync(scene, scene.Data, scene.Rows));
        Assert.Contains("outcomes.clik.widow", scene.Error, StringComparison.Ordinal);
        Assert.Contains("window", scene.Error, StringComparison.Ordinal);
        Assert.Contains("outcomes.delivery", scene.Error, StringComparison.Ordinal);
        Assert.Contains("outcomes.label", scene.Error, StringComparison.Ordinal);
        Assert.Contains("outcomes.hide.unit", scene.Error, StringComparison.Ordinal);
    }

    private static Task<ExitCode> BuildAsync(ForgetScene scene, string data, string into, params string[] options) =>
        scene.LabelsAsync(["build", data, "--from", From, "--to", To, "--out", into, .. options.Contains("--slice") ? options : ["--slice", "10d", .. options]]);

    private static async Task<int> PersonsAsync(ParquetExamples examples)
    {
        var persons = new HashSet<ulong>();
        await foreach (var batch in examples.ReadAsync(TestContext.Current.CancellationToken))
        {
            persons.UnionWith(batch.Persons.ToArray());
        }

        return persons.Count;
    }
}
