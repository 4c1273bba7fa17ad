using System.Text;
using Millrace.Cli;
using Millrace.Models.Shelf;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Cli;

/// <summary>The registry by its commands, over a data directory.</summary>
public sealed class ModelsCommandsTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("millrace-models-").FullName;
    private string _output = "";
    private string _error = "";

    private string Key => Path.Combine(_work, "signing.pem");

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task Versions_are_registered_shown_compared_and_exported_and_going_back_is_one_move()
    {
        await TwoVersionsAsync();
        Assert.Equal(ExitCode.Ok, await RunAsync("alias", "home-click", "current", "1"));
        Assert.Equal(ExitCode.Ok, await RunAsync("alias", "home-click", "current", "2", "--why", "better"));
        Assert.Equal("home-click@2 current", _output.Trim());
        Assert.Equal(ExitCode.Ok, await RunAsync("alias", "home-click", "current", "previous"));
        Assert.Equal("home-click@1 current", _output.Trim());
        await RunAsync("list", "home-click");
        Assert.Contains("previous", _output.Split('\n')[1], StringComparison.Ordinal);
        await RunAsync("show", "home-click");
        Assert.Contains("# home-click@1", _output, StringComparison.Ordinal);
        Assert.Contains("| all | auc | 0.7 |", _output, StringComparison.Ordinal);
        await RunAsync("diff", "home-click", "home-click@2");
        Assert.Contains("seed: 1 -> 2", _output, StringComparison.Ordinal);
        var into = Path.Combine(_work, "exported");
        Assert.Equal(ExitCode.Ok, await RunAsync("export", "home-click", "--out", into));
        Assert.Equal(GoldenFiles.Model("poisson-no-missing"), File.ReadAllBytes(Path.Combine(into, "model")));
        Assert.True(File.Exists(Path.Combine(into, "manifest.dsse.json")));
    }

    [Fact]
    public async Task What_was_damaged_since_is_refused_and_the_current_version_stays()
    {
        await TwoVersionsAsync();
        await RunAsync("alias", "home-click", "current", "1");
        var file = Path.Combine(_work, "data", "models", ModelDigest.Of(GoldenFiles.Model("regression")));
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Equal(ExitCode.Failure, await RunAsync("verify", "home-click@2"));
        Assert.Contains("digest-differs", _error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("alias", "home-click", "current", "2"));
        Assert.Equal(ExitCode.Ok, await RunAsync("verify", "home-click"));
        Assert.StartsWith("home-click@1 ", _output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_trusted_key_signed_is_refused()
    {
        await TwoVersionsAsync();
        foreach (var trusted in Directory.EnumerateFiles(Path.Combine(_work, "data", "registry", "trusted"))) File.Delete(trusted);
        Assert.Equal(ExitCode.Failure, await RunAsync("verify", "home-click@1"));
        Assert.Contains("no key is trusted", _error, StringComparison.Ordinal);
        await RunAsync("key", Path.Combine(_work, "other.pem"));
        Assert.Equal(ExitCode.Failure, await RunAsync("verify", "home-click@1"));
        Assert.Contains("key-unknown", _error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("register", "home-click", Path.Combine(_work, "model2"), "--key", Key));
    }

    [Fact]
    public async Task A_report_of_another_model_and_names_that_are_none_are_refused()
    {
        await TwoVersionsAsync();
        File.WriteAllBytes(Path.Combine(_work, "model1", "model.txt"), GoldenFiles.Model("regression"));
        Assert.Equal(ExitCode.Failure, await RunAsync("register", "home-click", Path.Combine(_work, "model1"), "--key", Key));
        Assert.Equal(ExitCode.Usage, await RunAsync("register", "../x", Path.Combine(_work, "model2"), "--key", Key));
        Assert.Equal(ExitCode.Usage, await RunAsync("show", "home-click@latest"));
        Assert.Equal(ExitCode.Failure, await RunAsync("show", "home-click@9"));
        Assert.Equal(ExitCode.Usage, await RunAsync("alias", "home-click", "previous", "1"));
    }

    private async Task TwoVersionsAsync()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("key", Key));
        foreach (var (number, name) in (ReadOnlySpan<(int, string)>)[(1, "poisson-no-missing"), (2, "regression")])
        {
            var folder = Directory.CreateDirectory(Path.Combine(_work, $"model{number}")).FullName;
            var model = GoldenFiles.Model(name);
            File.WriteAllBytes(Path.Combine(folder, "model.txt"), model);
            File.WriteAllText(Path.Combine(folder, "report.json"), $$$"""
                {"source":{"definitions":"d0c5","label":"click"},"trainer":"LightGBM 4.7.0","digest":"{{{ModelDigest.Of(model)}}}","objective":"{{{name}}}","seed":{{{number}}},
                 "slices":{"Train":{"rows":10,"first":1,"last":2},"Test":{"rows":5,"first":3,"last":4}},"heldOut":{"auc":0.7}}
                """);
        }

        Assert.Equal(ExitCode.Ok, await RunAsync("register", "home-click", Path.Combine(_work, "model1"), "--key", Key, "--head", "click", "--purpose", "Ranks the home page."));
        Assert.Equal(ExitCode.Ok, await RunAsync("register", "home-click", Path.Combine(_work, "model2"), "--key", Key));
        Assert.Equal("home-click@2", _output.Trim());
    }

    private async Task<ExitCode> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter(new StringBuilder());
        using var error = new StringWriter(new StringBuilder());
        var code = await MillraceCommand.RunAsync(["models", .. arguments, "--data", Path.Combine(_work, "data")], TimeProvider.System, output, error);
        (_output, _error) = (output.ToString(), error.ToString());
        return (ExitCode)code;
    }
}
