using System.Globalization;
using Millrace.Backtest;
using Millrace.Backtest.ClickLogs;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Tests.Backtest;

public sealed class BacktestReplayTests : IDisposable
{
    private const int Clicks = 600;
    private static readonly BacktestOptions NoWarmUp = new() { WarmUp = TimeSpan.Zero };
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-backtest").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public async Task A_tiny_log_scores_as_computed_by_hand()
    {
        // Asked before each second click of a session; the session's own items are left out.
        var (report, predictions) = await ReplayAsync(
            [
                "s1,a", "s2,b",
                "s2,a",         // a: the only other item, rank 1
                "s1,b",         // b: rank 1
                "s3,c", "s3,d", // d was never seen: no hit
                "s4,a", "s4,c", // b followed a once; d is as popular as c but newer: c has rank 3
            ],
            NoWarmUp);

        Assert.Equal(["a", "b", "b a", "b d c"], predictions.Select(p => string.Join(' ', p.Slate)));
        Assert.Equal(4, report.Scored);
        Assert.Equal(0.75, report.HitRateAt10);
        Assert.Equal((2 + (1.0 / 3)) / 4, report.MrrAt10);
        Assert.Equal(1, report.Coverage);
        Assert.Equal(new ColdStartSlice(3, 1, 1, 0.75), report.ColdStart);
    }

    [Fact]
    public async Task What_comes_later_changes_no_earlier_prediction()
    {
        const int revealed = Clicks / 2;
        var log = SyntheticLog();
        string[] shuffled = [.. log.Take(revealed), .. log.Skip(revealed).OrderBy(row => StableHash.Of(row, 99))];

        var (_, told) = await ReplayAsync(log, NoWarmUp);
        var (_, other) = await ReplayAsync(shuffled, NoWarmUp);

        var until = TimeOf(revealed);
        var before = told.Where(p => Seconds(p.Click) < until).Select(Show).ToList();
        Assert.True(before.Count > 100);
        Assert.Equal(before, other.Where(p => Seconds(p.Click) < until).Select(Show));
        Assert.NotEqual(told.Select(Show), other.Select(Show));
    }

    [Fact]
    public async Task Two_replays_with_one_seed_report_the_same_bytes()
    {
        var (first, _) = await ReplayAsync(SyntheticLog(), NoWarmUp);
        var (second, _) = await ReplayAsync(SyntheticLog(), NoWarmUp);

        Assert.Equal(Timeless(first), Timeless(second));
        Assert.InRange(first.HitRateAt10, 0.1, 1);
    }

    [Fact]
    public async Task An_item_that_the_session_has_seen_is_never_in_its_slate()
    {
        var (_, predictions) = await ReplayAsync(SyntheticLog(), NoWarmUp);
        var seen = new HashSet<(string, string)>();
        var clicks = SyntheticLog().Select(row => row.Split(',')).ToList();
        var at = 0;
        foreach (var (click, slate) in predictions)
        {
            for (; TimeOf(at) < Seconds(click); at++)
            {
                seen.Add((clicks[at][0], clicks[at][1]));
            }

            Assert.DoesNotContain(slate, item => seen.Contains((click.Session, item)));
        }
    }

    [Fact]
    public async Task The_warm_up_is_learnt_from_and_not_scored()
    {
        var (report, predictions) = await ReplayAsync(SyntheticLog(), NoWarmUp with { WarmUp = TimeSpan.FromSeconds(Clicks / 2) });

        Assert.All(predictions, p => Assert.True(Seconds(p.Click) >= TimeOf(Clicks / 2)));
        Assert.Equal(Clicks, report.Clicks);
        Assert.All(predictions, p => Assert.NotEmpty(p.Slate));
    }

    [Fact]
    public async Task The_later_part_is_scored_alone_by_what_was_predicted_in_it()
    {
        const int split = Clicks / 2;
        var (report, predictions) = await ReplayAsync(SyntheticLog(), NoWarmUp with { HeldOut = TimeSpan.FromSeconds(split) });

        var later = predictions.Where(p => Seconds(p.Click) >= TimeOf(split)).ToList();
        var heldOut = report.HeldOut!;
        Assert.Equal(later.Count, heldOut.Scored);
        Assert.InRange(later.Count, 1, predictions.Count - 1);
        Assert.Equal((double)later.Count(p => p.Slate.Contains(p.Click.Item)) / later.Count, heldOut.HitRateAt10);
        Assert.Contains("held out", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("\"heldOut\"", report.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("heldOut", (report with { HeldOut = null }).ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_into_a_journal_on_disk_predicts_the_same_and_leaves_every_click_there()
    {
        var data = Path.Combine(_directory, "data");
        var (memory, _) = await ReplayAsync(SyntheticLog(), NoWarmUp);
        var (disk, predictions) = await ReplayAsync(SyntheticLog(), NoWarmUp, data);

        Assert.Equal(Timeless(memory), Timeless(disk));
        using var keys = new FileSubjectKeys(Path.Combine(data, "keys", "subjects"));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(data, "journal") }, TimeProvider.System, keys);
        long Held(JournalStream stream) => Enumerable.Range(0, journal.Partitions(stream)).Sum(p => journal.Range(stream, p).End);
        Assert.Equal((Clicks, predictions.Count), (Held(JournalStream.Events), Held(JournalStream.Decisions)));
        await Assert.ThrowsAsync<InvalidDataException>(() => ReplayAsync(SyntheticLog(), NoWarmUp, data));
    }

    [Fact]
    public async Task A_policy_file_decides_in_place_of_the_built_in_one()
    {
        var file = Path.Combine(_directory, "millrace.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            features: [{name: age, entity: item, age: firstSeen}]
            policies: {oldest: {candidates: [{popular: 1h, take: 500}], blend: {age: 1}, excludeSeen: false}}
            surfaces: {home: {policy: oldest, slots: [{id: main, count: 3}]}, other: {policy: oldest, slots: [{id: main, count: 1}]}}
            """,
            TestContext.Current.CancellationToken);
        Assert.Contains("home, other", Assert.Throws<InvalidDataException>(() => BacktestSetup.Load(file, null)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => BacktestSetup.Load(file, "else"));

        var (report, predictions) = await ReplayAsync(SyntheticLog(), NoWarmUp with { Setup = BacktestSetup.Load(file, "home") });

        Assert.Equal("oldest", report.Policy);
        Assert.All(predictions.TakeLast(10), p => Assert.Equal(SlateScore.Depth, p.Slate.Count));
        var firstClicked = SyntheticLog().Select(row => row.Split(',')[1]).Distinct().Take(SlateScore.Depth);
        Assert.Equal(firstClicked, predictions[^1].Slate);
    }

    private static string Timeless(BacktestReport report) => (report with { ClicksPerSecond = 0, PeakMemoryBytes = 0 }).ToJson();

    private static string Show((Click Click, IReadOnlyList<string> Slate) prediction) =>
        $"{prediction.Click.Session} {prediction.Click.Time}: {string.Join(' ', prediction.Slate)}";

    private static long TimeOf(int click) => 1_000_000 + click;

    private static long Seconds(Click click) => click.Time.Value / 1_000_000;

    /// <summary>Sessions that come back a few times, items whose popularity is skewed.</summary>
    private static string[] SyntheticLog() =>
    [
        .. Enumerable.Range(0, Clicks).Select(i =>
        {
            var draw = StableHash.Mix((ulong)i + 1);
            var session = (i / 40 * 12) + (int)(draw % 12);
            var item = (int)Math.Min((draw >> 8) % 40, (draw >> 20) % 40);
            return string.Create(CultureInfo.InvariantCulture, $"s{session},i{item}");
        }),
    ];

    /// <summary>Replays rows of <c>session,item</c>, one per second.</summary>
    private async Task<(BacktestReport Report, List<(Click Click, IReadOnlyList<string> Slate)> Predictions)> ReplayAsync(string[] rows, BacktestOptions options, string? data = null)
    {
        var path = Path.Combine(_directory, "clicks.csv");
        await File.WriteAllLinesAsync(path, ["s,i,t", .. rows.Select((row, i) => $"{row},{TimeOf(i)}")], TestContext.Current.CancellationToken);
        var log = new ClickLogReader(path, ClickMapping.Parse("session=s,item=i,time=t,time-format=unix-s", RowSyntax.Csv, false), 0);
        var predictions = new List<(Click, IReadOnlyList<string>)>();
        var clock = new VirtualClock();
        await using var journal = await BacktestJournal.OpenAsync(data, clock);
        var replay = new BacktestReplay(options, journal.Journal, clock) { Predicted = (click, slate) => predictions.Add((click, slate)) };
        var report = await replay.RunAsync(log, new BacktestProgress(TextWriter.Null, false, TimeProvider.System), TestContext.Current.CancellationToken);
        return (report, predictions);
    }
}
