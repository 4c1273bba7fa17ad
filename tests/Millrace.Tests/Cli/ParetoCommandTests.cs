using System.Text.Json;
using System.Xml.Linq;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Tests.Pareto;

namespace Millrace.Tests.Cli;

public sealed class ParetoCommandTests : IAsyncLifetime
{
    private const string Config = """
        features: [{name: f0, count: f0, window: 1h}, {name: f1, count: f1, window: 1h}]
        policies:
          home:
            candidates: [{recent: true, take: 10}]
            heads: {click: {feature: f0}, dwell: {feature: f1}}
            objectives: {click: 1, dwell: 0.01}
            explore: {epsilon: 0.5, top: 7}
          plain: {candidates: [{recent: true}], blend: {f0: 1}}
        surfaces:
          home: {policy: home, slots: [{id: main, count: 3}]}
          quiet: {policy: home, slots: [{id: main, count: 3}]}
          plain: {policy: plain, slots: [{id: main, count: 3}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private FileSubjectKeys _keys = null!;
    private LocalJournal _journal = null!;

    private string Data => Path.Combine(_folder, "data");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "millrace.yaml"), Config);
        _keys = new FileSubjectKeys(Path.Combine(Data, JournalCommands.KeyFile));
        _journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(Data, JournalCommands.JournalDirectory) }, TimeProvider.System, _keys);
        await new ParetoWorld(1) { Journal = _journal }.LogAsync(400);
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _keys.Dispose();
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The journal is open all the while, as a running node has it.</summary>
    [Fact]
    public async Task Weights_are_swept_beside_a_node_and_told_as_table_plot_json_and_svg()
    {
        string[] files = [Path.Combine(_folder, "out.json"), Path.Combine(_folder, "out.svg")];
        Assert.Equal(ExitCode.Ok, await RunAsync("--surface", "home", "--steps", "4", "--least-effective", "20", "--report", files[0], "--plot", files[1]));
        Assert.Contains("by 400 recorded decisions", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("* frontier   P present", _output.ToString(), StringComparison.Ordinal);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(files[0], TestContext.Current.CancellationToken));
        var rows = report.RootElement.GetProperty("rows");
        Assert.InRange(rows.GetArrayLength(), 5, 6);
        Assert.True(rows[0].GetProperty("present").GetBoolean());
        Assert.Equal(1 + 0.01, rows[0].GetProperty("weights").EnumerateObject().Sum(weight => weight.Value.GetDouble()), 1e-12);
        Assert.Equal(rows.GetArrayLength() + 4, XDocument.Load(files[1]).Descendants().Count(element => element.Name.LocalName == "circle"));
    }

    [Theory]
    [InlineData("--surface: name one of home, plain, quiet")]
    [InlineData("there is no surface 'hom'; is 'home' meant?", "--surface", "hom")]
    [InlineData("there is no head 'clik'; is 'click' meant?", "--surface", "home", "--head", "clik")]
    [InlineData("and one is named; there are click, dwell", "--surface", "home", "--head", "click")]
    [InlineData("policy 'plain' has one, 'score'", "--surface", "plain")]
    [InlineData("--events: 'hide' is no head that is judged", "--surface", "home", "--events", "hide")]
    [InlineData("makes 601 weightings, more than 500", "--surface", "home", "--steps", "600")]
    [InlineData("--window: expected a duration", "--surface", "home", "--window", "soon")]
    public async Task What_is_wrong_is_said(string says, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(arguments));
        Assert.Contains(says, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_surface_without_decisions_and_a_directory_without_a_journal_are_named()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync("--surface", "quiet"));
        Assert.Contains("the journal has no decisions of surface 'quiet'", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.DataUnusable, await RunAsync("--surface", "home", "--data", _folder));
    }

    private async Task<ExitCode> RunAsync(params string[] arguments) => (ExitCode)await MillraceCommand.RunAsync(
        ["pareto", "--config", Path.Combine(_folder, "millrace.yaml"), .. arguments.Contains("--data") ? arguments : [.. arguments, "--data", Data]], TimeProvider.System, _output, _error);
}
