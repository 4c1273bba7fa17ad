using System.Globalization;
using System.Text.Json;
using Millrace.Cli;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>Two policies of the Open Bandit dataset, each by the other's log, against reference values that were made apart.</summary>
public sealed class OpenBanditTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-obd-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("rnd→bts", "ips", 0.00454006)]
    [InlineData("rnd→bts", "snips", 0.00461021)]
    [InlineData("rnd→bts", "dm", 0.00461590)]
    [InlineData("rnd→bts", "dr", 0.00462848)]
    [InlineData("bts→rnd", "ips", 0.00300863)]
    [InlineData("bts→rnd", "snips", 0.00318942)]
    [InlineData("bts→rnd", "dm", 0.00659524)]
    [InlineData("bts→rnd", "dr", 0.00321390)]
    public async Task Values_equal_the_reference_to_eight_decimals(string direction, string estimator, double expected)
    {
        using var report = await RealAsync();
        var found = report.RootElement.GetProperty(direction).GetProperty(estimator);
        Assert.Equal(expected, found.GetProperty("value").GetDouble(), 0.5e-8);
        Assert.InRange(expected, found.GetProperty("low").GetDouble(), found.GetProperty("high").GetDouble());
    }

    [Theory]
    [InlineData("rnd→bts", 2474, 10.67)]
    [InlineData("bts→rnd", 656, 178.25)]
    public async Task Overlap_equals_the_reference(string direction, int effective, double greatest)
    {
        using var report = await RealAsync();
        var found = report.RootElement.GetProperty(direction);
        Assert.Equal(effective, Math.Round(found.GetProperty("ess").GetDouble()));
        Assert.Equal(greatest, found.GetProperty("maxWeight").GetDouble(), 0.005);
        Assert.Equal("pass", found.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_log_of_two_effective_decisions_in_ten_thousand_is_not_evaluable_and_shows_no_value()
    {
        // The target always shows item 1; the log almost never did, and twice it did by a propensity of 1/10,000.
        Write("random", line => line is 17 or 4_711 ? (1, 0.0001) : (0, 0.9999));
        Write("bts", line => (line % 2, 0.5));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "bts_policy.json"), """{"policy": [[0, 0, 0], [1, 1, 1]]}""", TestContext.Current.CancellationToken);
        Assert.Equal((int)ExitCode.NotEvaluable, await RunAsync(_folder.FullName));
        using var report = await ReportAsync();
        var found = report.RootElement.GetProperty("rnd→bts");
        Assert.Equal(2, found.GetProperty("ess").GetDouble(), 1e-9);
        Assert.Equal("not-evaluable", found.GetProperty("verdict").GetString());
        Assert.Contains(NotEvaluableReason.TooFewEffective.Word(), found.GetProperty("reasons").EnumerateArray().Select(static reason => reason.GetString()));
        Assert.All(EstimatorNames.OfActions, name => Assert.Equal(JsonValueKind.Null, found.GetProperty(name).GetProperty("value").ValueKind));
        Assert.Equal("pass", report.RootElement.GetProperty("bts→rnd").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_bad_line_is_named_with_its_number_and_not_fatal()
    {
        Write("random", line => (line % 2, 0.5));
        Write("bts", line => (line % 2, line == 99 ? 0 : 0.5));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "bts_policy.json"), """{"policy": [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]}""", TestContext.Current.CancellationToken);
        Assert.Equal((int)ExitCode.Ok, await RunAsync(_folder.FullName));
        Assert.Contains("left out: 1 lines, no impression; the first is line 101", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_that_is_not_reached_fails_by_exit_code()
    {
        Assert.SkipWhen(House.RepositoryRoot.SharedData is null, "the folder of real data is not beside the checkout");
        Assert.Equal((int)ExitCode.Failure, await RunAsync(Path.Combine(House.RepositoryRoot.SharedData!, "obd-men"), "--gate", "dr.low>=0.5"));
        Assert.Equal((int)ExitCode.NotEvaluable, await RunAsync(Path.Combine(House.RepositoryRoot.SharedData!, "obd-men"), "--gate", "dm.value>=0"));
        Assert.Equal((int)ExitCode.Usage, await RunAsync(Path.Combine(House.RepositoryRoot.SharedData!, "obd-men"), "--gate", "dr.lower>=0"));
    }

    private void Write(string policy, Func<int, (int Item, double Propensity)> row)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, policy)).FullName;
        File.WriteAllLines(
            Path.Combine(folder, "men.csv"),
            Enumerable.Range(0, 10_000).Select(line => (line, row(line))).Select(static at =>
                string.Create(CultureInfo.InvariantCulture, $"{at.line},2019-11-24,{at.Item2.Item1},{1 + (at.line % 3)},{(at.line % 50 == 17 ? 1 : 0)},{at.Item2.Item2}")).Prepend(",timestamp,item_id,position,click,propensity_score"));
    }

    private async Task<JsonDocument> RealAsync()
    {
        Assert.SkipWhen(House.RepositoryRoot.SharedData is null, "the folder of real data is not beside the checkout");
        Assert.Equal((int)ExitCode.Ok, await RunAsync(Path.Combine(House.RepositoryRoot.SharedData!, "obd-men"), "--bootstrap", "200"));
        return await ReportAsync();
    }

    private async Task<JsonDocument> ReportAsync() => JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "out.json"), TestContext.Current.CancellationToken));

    private Task<int> RunAsync(string folder, params string[] more) =>
        MillraceCommand.RunAsync(["evaluate", "obd", folder, "--report", Path.Combine(_folder.FullName, "out.json"), .. more], TimeProvider.System, _output, _error);
}
