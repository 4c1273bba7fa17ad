using System.Globalization;
using Millrace.Backtest;
using Millrace.Backtest.ClickLogs;
using Millrace.Backtest.Learnt;
using Millrace.Features.Numerics;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Tests.Backtest.Learnt;

public sealed class LearntProbeTests : IDisposable
{
    private const int Items = 60;
    private static readonly LearntOptions Hourly = new() { Every = 1, Window = 500, Variants = LearntOptions.Schedules([null, TimeSpan.FromMinutes(20)]) };
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-learnt").FullName;

    public LearntProbeTests() => Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public async Task What_follows_from_the_last_click_is_learnt()
    {
        var report = await ReplayAsync((_, last) => (last + 7) % Items);

        Assert.Equal([1, 3], report.Rankings.TakeLast(2).Select(ranking => ranking.Trainings));
        Assert.All(report.Rankings.TakeLast(2), ranking => Assert.InRange(ranking.MrrAt10, 0.9, 1));
        Assert.InRange(report.Rankings[0].HitRateAt10, 0, 0.5);
    }

    [Fact]
    public async Task Where_nothing_foretells_the_next_click_no_ranking_is_better_than_chance()
    {
        // A ranking that knew of the click, or of later ones, would be.
        var report = await ReplayAsync((draw, _) => (int)(draw % Items));

        Assert.All(report.Rankings, ranking => Assert.InRange(ranking.HitRateAt10, 0.08, 10.0 / Items * 1.5));
    }

    [Fact]
    public async Task Two_replays_report_the_same_bytes_and_the_hours_add_up()
    {
        var first = await ReplayAsync((draw, last) => draw % 3 == 0 ? (int)(draw / 8 % Items) : (last + 7) % Items);
        var second = await ReplayAsync((draw, last) => draw % 3 == 0 ? (int)(draw / 8 % Items) : (last + 7) % Items);

        Assert.Equal(first.ToJson(), second.ToJson());
        Assert.All(first.Rankings, ranking => Assert.Equal(ranking.Scored, ranking.ByHour.Sum(hour => hour.Scored)));
        Assert.All(first.Rankings, ranking => Assert.Contains(ranking.Name, first.ToText(), StringComparison.Ordinal));
    }

    /// <summary>Two and a half hours of sessions of four clicks, one every three seconds; the first hour and a half is the warm-up.</summary>
    private async Task<LearntReport> ReplayAsync(Func<ulong, int, int> next)
    {
        var rows = new List<string>();
        var last = new int[8];
        for (var i = 0; i < 3_000; i++)
        {
            var (visitor, turn) = (i % 8, i / 8 % 4);
            var draw = StableHash.Mix((ulong)i + 1);
            last[visitor] = turn == 0 ? (int)(draw / 64 % Items) : next(draw, last[visitor]);
            rows.Add(string.Create(CultureInfo.InvariantCulture, $"s{visitor}-{i / 32},i{last[visitor]},{1_000_000 + (i * 3)}"));
        }

        var path = Path.Combine(_directory, "clicks.csv");
        await File.WriteAllLinesAsync(path, ["s,i,t", .. rows], TestContext.Current.CancellationToken);
        var log = new ClickLogReader(path, ClickMapping.Parse("session=s,item=i,time=t,time-format=unix-s", RowSyntax.Csv, false), 0);
        var clock = new VirtualClock();
        await using var journal = await BacktestJournal.OpenAsync(null, clock);
        var probe = new LearntProbe(Hourly, TimeProvider.System);
        var options = new BacktestOptions { WarmUp = TimeSpan.FromMinutes(90), Setup = LearntPolicy.Setup };
        await new BacktestReplay(options, journal.Journal, clock) { Probe = probe }
            .RunAsync(log, new BacktestProgress(TextWriter.Null, false, TimeProvider.System), TestContext.Current.CancellationToken);
        return probe.Report(null);
    }
}
