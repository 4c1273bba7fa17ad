using System.Text.Json;
using Millrace.Cli;
using Millrace.Learning.Training.LightGbm;
using Millrace.Models.Trees;
using Millrace.Tests.Learning.Training;

namespace Millrace.Tests.Cli;

public sealed class TrainCommandTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("millrace-train-command-").FullName;
    private string _output = "";
    private string _error = "";

    public TrainCommandTests() => Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");

    private string Model => Path.Combine(_work, "model");

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task Rows_and_labels_make_a_model_that_is_judged_by_what_came_last()
    {
        using var scene = await ExampleScene.CreateAsync();
        Assert.Equal(ExitCode.Ok, await RunAsync("home", "--rows", scene.Rows, "--labels", scene.Labels, "--gap", "5m", "--valid-share", "0.2", "--param", "min_data_in_leaf=5", "--metric", "auc", "--out", Model));
        Assert.Contains("x", ForestFile.Read(Path.Combine(Model, "model.txt")).FeaturesRead());
        Assert.Contains("held out     log_loss", _output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Model, "report.json"), TestContext.Current.CancellationToken));
        var slices = report.RootElement.GetProperty("slices");

        // Of 120 decisions, one a minute, 111 have their window closed: cut at 77 and 99, five minutes left out before each.
        Assert.Equal([3 * 72, 3 * 17, 3 * 12], ((string[])["train", "valid", "test"]).Select(slice => slices.EnumerateObject().Single(one => string.Equals(one.Name, slice, StringComparison.OrdinalIgnoreCase)).Value.GetProperty("rows").GetInt32()));
        Assert.Equal("definitions", report.RootElement.GetProperty("source").GetProperty("definitions").GetString());
        Assert.True(report.RootElement.GetProperty("curve").TryGetProperty("auc", out _));
    }

    [Fact]
    public async Task A_plain_file_without_a_second_is_cut_by_its_order()
    {
        var plain = Path.Combine(_work, "plain.txt");
        await File.WriteAllLinesAsync(plain, Enumerable.Range(0, 400).Select(i => $"{(i * 7 % 10 > 4 ? 1 : 0)} qid:{i / 4} 1:{i * 7 % 10} 3:{i % 3} # row {i}"), TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, await RunAsync("--svmlight", plain, "--objective", "lambdarank", "--rounds", "5", "--out", Model));
        Assert.Contains("320 examples of 80 decisions", _output, StringComparison.Ordinal);
        Assert.Contains("held out     ndcg@1 1.000000", _output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name what to learn from")]
    [InlineData("exclude each other", "--svmlight", "PLAIN", "--rows", "PLAIN")]
    [InlineData("--search and --range go together", "--svmlight", "PLAIN", "--search", "3")]
    [InlineData("--learning-rate: expected", "--svmlight", "PLAIN", "--learning-rate", "-1")]
    [InlineData("--monotone: expected", "--svmlight", "PLAIN", "--monotone", "x=2")]
    [InlineData("several", "--svmlight", "PLAIN", "--objective", "multiclass")]
    [InlineData("leave something to learn from", "--svmlight", "PLAIN", "--valid-share", "0.7", "--test-share", "0.5")]
    public async Task What_is_wrong_is_said(string part, params string[] options)
    {
        var plain = Path.Combine(_work, "plain.txt");
        await File.WriteAllTextAsync(plain, "1 0:1\n0 0:2\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Usage, await RunAsync([.. options.Select(option => option == "PLAIN" ? plain : option), "--out", Model]));
        Assert.Contains(part, _error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_no_example_is_told_with_its_place()
    {
        var plain = Path.Combine(_work, "plain.txt");
        await File.WriteAllTextAsync(plain, "1 0:1\n0 0;2\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failure, await RunAsync("--svmlight", plain, "--out", Model));
        Assert.Contains("plain.txt:2: expected PLACE:VALUE; got '0;2'", _error, StringComparison.Ordinal);
    }

    private async Task<ExitCode> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await MillraceCommand.RunAsync(["train", .. arguments], TimeProvider.System, output, error);
        (_output, _error) = (output.ToString(), error.ToString());
        return (ExitCode)code;
    }
}
