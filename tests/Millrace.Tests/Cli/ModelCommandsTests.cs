using System.Globalization;
using Millrace.Cli;
using Millrace.Tests.House;

namespace Millrace.Tests.Cli;

public sealed class ModelCommandsTests : IDisposable
{
    private static readonly string Golden = Path.Combine(RepositoryRoot.Path, "tests", "Millrace.Tests", "Models", "Trees", "Golden");
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-model-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_is_described()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "describe", Path.Combine(Golden, "multiclass.txt")));
        Assert.Contains("objective   multiclass num_class:3 (predicts softmax)", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("trees       18", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_model_is_refused_with_path_line_and_field()
    {
        string file = Path.Combine(_folder, "model.txt");
        await File.WriteAllTextAsync(file, "tree\nversion=v1\n\nend of trees\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failure, await RunAsync("model", "describe", file));
        Assert.Equal($"{file}: line 2, version: expected v2, v3 or v4; got 'v1'", _error.ToString().Trim());
        Assert.Equal(ExitCode.Failure, await RunAsync("model", "describe", Path.Combine(_folder, "absent.txt")));
        Assert.Contains("absent.txt", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_scored_and_explained()
    {
        string rows = Path.Combine(_folder, "rows.csv");
        await File.WriteAllTextAsync(rows, "Column_5,Column_0,Column_1,Column_2,Column_3,Column_4\n3,0.5,2.5,1,,0.1\n,,,,,\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "score", Path.Combine(Golden, "regression.txt"), rows, "--raw", "--explain"));
        string[] lines = _output.ToString().Trim().ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("score,Column_0,Column_1,Column_2,Column_3,Column_4,Column_5,base", lines[0]);
        Assert.Equal(3, lines.Length);
        foreach (string line in lines.Skip(1))
        {
            double[] numbers = [.. line.Split(',').Select(static text => double.Parse(text, CultureInfo.InvariantCulture))];
            Assert.Equal(numbers[0], numbers.Skip(1).Sum(), 1e-9);
        }
    }

    [Fact]
    public async Task A_row_that_does_not_fit_is_named()
    {
        string rows = Path.Combine(_folder, "rows.csv");
        await File.WriteAllTextAsync(rows, "Column_0,Column_1,Column_2,Column_3,Column_4,Column_5\n1,2,3,4,5,x\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failure, await RunAsync("model", "score", Path.Combine(Golden, "regression.txt"), rows));
        Assert.Equal($"{rows}:2: Column_5: expected a number or nothing; got 'x'.", _error.ToString().Trim());
    }

    private async Task<ExitCode> RunAsync(params string[] arguments) => (ExitCode)await MillraceCommand.RunAsync(arguments, TimeProvider.System, _output, _error);
}
