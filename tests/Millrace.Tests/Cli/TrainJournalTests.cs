using Microsoft.Extensions.Time.Testing;
using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Learning.Training.LightGbm;
using Millrace.Node;
using Millrace.Tests.FeatureForget;

namespace Millrace.Tests.Cli;

/// <summary><c>millrace train</c> on a node's journal: one command from facts to a model.</summary>
public sealed class TrainJournalTests
{
    private string _error = "";

    [Fact]
    public async Task A_journal_becomes_a_model_by_one_command_the_same_as_by_three()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        using var scene = await ForgetScene.CreateAsync();
        await File.WriteAllBytesAsync(Path.Combine(scene.Data, NodeServices.TokenKeyFile), [.. Enumerable.Range(1, 32).Select(i => (byte)i)], TestContext.Current.CancellationToken);
        var (config, one, three) = (Path.Combine(scene.Folder, "millrace.yaml"), Path.Combine(scene.Folder, "one"), Path.Combine(scene.Folder, "three"));
        string[] time = ["--from", SyntheticLog.Start.ToString(), "--to", (SyntheticLog.Start + SyntheticLog.Length).ToString()];
        string[] node = ["--config", config, "--data", scene.Data];
        string[] learning = ["--rounds", "3", "--valid-share", "0", "--test-share", "0", "--early-stopping", "0", "--param", "min_data_in_leaf=1"];
        Assert.True(await RunAsync(["train", .. time, .. node, .. learning, "--slice", "10d", "--any-definitions", "--out", one]) == ExitCode.Ok, _error);

        var (rows, labels) = (Path.Combine(scene.Folder, "r"), Path.Combine(scene.Folder, "l"));
        Assert.True(await RunAsync(["features", "build", .. time, .. node, "--slice", "10d", "--any-definitions", "--out", rows]) == ExitCode.Ok, _error);
        Assert.True(await RunAsync(["labels", "build", .. time, .. node, "--slice", "10d", "--out", labels]) == ExitCode.Ok, _error);
        Assert.True(await RunAsync(["train", "--rows", rows, "--labels", labels, .. learning, "--out", three]) == ExitCode.Ok, _error);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(three, "model.txt"), TestContext.Current.CancellationToken), await File.ReadAllTextAsync(Path.Combine(one, "model.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_a_build_refuses_ends_the_training()
    {
        using var scene = await ForgetScene.CreateAsync();
        var into = Path.Combine(scene.Folder, "one");
        Assert.Equal(ExitCode.DataUnusable, await RunAsync(
            ["train", "--from", "2026-01-01", "--to", "2026-01-02", "--config", Path.Combine(scene.Folder, "millrace.yaml"), "--data", Path.Combine(scene.Folder, "nothing"), "--out", into]));
        Assert.Contains("nothing is trained", _error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(into, "model.txt")));
    }

    private async Task<ExitCode> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = (ExitCode)await MillraceCommand.RunAsync(arguments, new FakeTimeProvider(), output, error);
        _error = error.ToString();
        return code;
    }
}
