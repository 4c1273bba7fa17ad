using Millrace.Demo;
using Millrace.World.Client;
using Millrace.World.Run;
using Spectre.Console;

namespace Millrace.Tests.Demo;

public sealed class DemoViewTests
{
    private static readonly TrendBin[] _rising = [.. Enumerable.Range(0, 31).Select(second => new TrendBin(20, 8, 5 + second * 0.2, 4, 24))];

    [Fact]
    public void The_line_says_where_the_click_rate_stands()
    {
        var line = DemoView.Line(Figures(new ClientCounts(1, 0, 0, 0, 0, 0, null)));
        Assert.Contains("clicked 0.400 a view (expected 0.495, random 0.200, oracle 1.200, 30 % of the way)", line, StringComparison.Ordinal);
        Assert.DoesNotContain("TROUBLE", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Trouble_is_shown_with_its_last_words()
    {
        var figures = Figures(new ClientCounts(1, 0, 3, 0, 2, 0, "POST /v1/decide: 400"));
        Assert.Contains("TROUBLE 3 refused, 2 timed out: POST /v1/decide: 400", DemoView.Line(figures), StringComparison.Ordinal);
        Assert.Contains(DemoView.Summary(figures), line => line.Contains("3 refused", StringComparison.Ordinal));
    }

    [Fact]
    public void The_summary_compares_the_beginning_with_the_end()
    {
        var summary = string.Join('\n', DemoView.Summary(Figures(new ClientCounts(1, 0, 0, 0, 0, 0, null))));
        Assert.Contains("first sixth 0.400 (expected 0.270, random 0.200, oracle 1.200, 7 % of the way); last sixth 0.400 (expected 0.520", summary, StringComparison.Ordinal);
        Assert.Contains("the tallest is 34 %", summary, StringComparison.Ordinal);
        Assert.Contains("Regret 496 clicks", summary, StringComparison.Ordinal);
        Assert.Contains("first that used its session's clicks after 1.5 s", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_renders_whatever_a_fault_says()
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        console.Write(DemoView.Table(Figures(new ClientCounts(1, 0, 1, 0, 0, 0, "GET /[x]: [/] 400"))));
        Assert.Contains("click rate", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparkline_spans_from_nothing_to_the_top() =>
        Assert.Equal("▁▄█", Sparkline.Of([9, 0, 0.45, 2], top: 1, width: 3));

    private static DemoFigures Figures(ClientCounts client) => new(
        new WorldReport
        {
            Elapsed = TimeSpan.FromSeconds(31),
            Total = _rising.Aggregate(TrendBin.Add),
            Trend = _rising,
            BinWidth = TimeSpan.FromSeconds(1),
            Published = 300,
            Events = 5000,
            Undecided = 0,
            Degraded = 0,
            Strangers = 0,
            TurnedAway = 0,
            Bodies = 4960,
            Hits = 4000,
            Missing = 0,
            BodyBytes = 1 << 20,
            DecideMedian = TimeSpan.FromMilliseconds(1.5),
            Decide99 = TimeSpan.FromMilliseconds(6),
            FirstByteMedian = TimeSpan.FromMilliseconds(0.7),
            FirstDecision = TimeSpan.FromSeconds(0.4),
            FirstPersonalised = TimeSpan.FromSeconds(1.5),
            LastDecision = "d1",
        },
        client, 20, 10_000, 1 << 20, 960);
}
