using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node.Skew;
using Millrace.Tests.Features.PointInTime;

namespace Millrace.Tests.Node;

/// <summary>The watch beside a node's folding and deciding, on virtual time: first shown a planted fault, then a clean stream.</summary>
public sealed class SkewWatchTests : IDisposable
{
    private const int Steps = 4_000;

    private static readonly FeatureSet Sound = Set(forgets: 0);
    private static readonly FeatureSet Broken = Set(forgets: 50);

    private readonly List<string> _told = [];
    private readonly ILoggerFactory _logs;
    private readonly Meter _meter = new("Millrace.Test");
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counted = [];
    private volatile FeatureSet _serving = Sound;
    private Func<FeatureDefinition, UnixMicros, UnixMicros, Inexactness?> _inexact = (_, _, _) => null;

    public SkewWatchTests()
    {
        _logs = LoggerFactory.Create(logging => logging.AddProvider(new ToldLog(_told)));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter && instrument.Name == "millrace.features.skew")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (_counted)
            {
                var key = string.Join(' ', tags.ToArray().Select(tag => tag.Value));
                _counted[key] = _counted.GetValueOrDefault(key) + value;
            }
        });
        _listener.Start();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_fault_in_one_update_rule_raises_an_alarm_with_its_name_within_a_thousand_decisions()
    {
        await using var history = new ServedHistory(Broken);
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.InRange(history.Decisions, 100, 1_000);
        Assert.Equal(["planted"], watch.Report.Features.Where(feature => feature.Alarm).Select(feature => feature.Name));
        Assert.Equal(["planted"], watch.Report.Features.Where(feature => feature.Mismatched + feature.Missing + feature.Extra > 0).Select(feature => feature.Name));
        Assert.StartsWith("skewFound: Feature planted ", Assert.Single(_told), StringComparison.Ordinal);
        Assert.Equal(watch.Report.Features.Single(feature => feature.Alarm).Mismatched, Assert.Single(_counted, count => count.Key == "planted mismatch").Value);
        Assert.NotNull(watch.Report.Features.Single(feature => feature.Alarm).FirstTime);
    }

    [Fact]
    public async Task A_clean_stream_is_compared_whole_and_in_silence()
    {
        await using var history = new ServedHistory(Sound);
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.Equal((0, SkewExcuse.None), (watch.Report.NotCompared.Count, watch.Report.Excuse));
        Assert.InRange(watch.Report.Decisions, history.Decisions * 9 / 10, history.Decisions); // Those before the first item had nothing to read.
        Assert.All(watch.Report.Features, feature => Assert.Equal((0, 0, 0, false), (feature.Mismatched, feature.Missing, feature.Extra, feature.Alarm)));
        Assert.Equal(Sound.Definitions.Length, watch.Report.Features.Length);
        Assert.Empty(_told);
        Assert.Empty(_counted);
    }

    [Fact]
    public async Task Where_a_bound_was_hit_the_reason_is_named_and_no_alarm_raised()
    {
        _inexact = (feature, _, _) => feature.Name == "planted" ? new Inexactness("pairs", default, null) : null;
        await using var history = new ServedHistory(Broken);
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.Equal(SkewExcuse.None, watch.Report.Excuse);
        Assert.Equal(["planted"], watch.Report.Features.Where(feature => feature.Excuse == SkewExcuse.BoundHit).Select(feature => feature.Name));
        Assert.DoesNotContain(watch.Report.Features, feature => feature.Alarm);
        Assert.StartsWith("skewExcused: Feature planted ", Assert.Single(_told), StringComparison.Ordinal);
        Assert.Contains("boundHit", _told[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clicks_10m", null)]
    [InlineData("planted", 30)]
    public async Task What_a_bound_cut_excuses_no_other_feature_and_none_for_ever(string excused, int? seconds)
    {
        await using var history = new ServedHistory(Broken);
        var until = seconds is { } after ? history.Now + TimeSpan.FromSeconds(after) : default(UnixMicros?);
        _inexact = (feature, epoch, asked) => feature.Name == excused && new Inexactness("pairs", default, until) is var cut && cut.Covers(epoch, asked) ? cut : null;
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.Equal(["planted"], watch.Report.Features.Where(feature => feature.Alarm).Select(feature => feature.Name));
        Assert.Contains(_told, line => line.StartsWith("skewFound: Feature planted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_erasure_within_reach_is_named_as_the_reason_though_it_was_asked_for_before_the_watch_began()
    {
        await using var history = new ServedHistory(Broken);
        await history.Journal.AppendAsync(new UserErased { Id = "erased", Digest = "0123", Time = history.Now }, Cancellation);
        history.Clock.Advance(TimeSpan.FromMinutes(1));
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.Equal(SkewExcuse.Erased, watch.Report.Excuse);
        Assert.DoesNotContain(watch.Report.Features, feature => feature.Alarm);
    }

    [Fact]
    public async Task Other_definitions_begin_anew()
    {
        await using var history = new ServedHistory(Broken);
        await using var watch = Watch(history);
        await PlayAsync(history, watch);
        Assert.Contains(watch.Report.Features, feature => feature.Alarm);
        _serving = FeatureSet.Create([new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10))]);
        await UntilAsync(history, () => watch.Report.Definitions == _serving.Fingerprint);
        Assert.Equal((0, 0), (watch.Report.Decisions, watch.Report.Features.Length));
    }

    private static FeatureSet Set(int forgets) => FeatureSet.Create(
    [
        new CountFeature("clicks_10m", "click", TimeSpan.FromMinutes(10)),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(5)),
        new CooccurrenceFeature("next", "click", TimeSpan.FromHours(3)) { Span = 3, Depth = 3 },
        new PlantedFeature("planted", "click") { Forgets = forgets },
    ]);

    private SkewWatch Watch(ServedHistory history)
    {
        var persons = new EmbeddedPersonStore(Sound.Persons, 2);
        var watch = new SkewWatch(
            history.Journal,
            () => new Serving(PolicySet.Create([], [], _serving), () => throw new InvalidOperationException("nobody decides"), persons),
            (feature, epoch, asked) => _inexact(feature, epoch, asked),
            new SkewWatchOptions(new FeatureOptions(), 1_000, Share: 1),
            history.Clock,
            _meter,
            _logs.CreateLogger("test"));
        watch.Start();
        return watch;
    }

    /// <summary>Plays a history while the watch follows, and waits until it has seen everything.</summary>
    private static async Task PlayAsync(ServedHistory history, SkewWatch watch)
    {
        await UntilAsync(history, () => watch.Report.Watching);
        for (var i = 0; i < Steps; i++)
        {
            var (first, second) = Philox.Draw(7, 1, (ulong)i);
            await history.TakeAsync(new ServedHistory.Step(
                Philox.ToIndex(first, 10), Philox.ToIndex(StableHash.Mix(first), ServedHistory.Items), Philox.ToIndex(second, 6), Philox.ToIndex(StableHash.Mix(second), 60), 50));
            await history.EndAsync();
        }

        await UntilAsync(history, () => watch.Report.Reached >= history.Frozen);
    }

    private static async Task UntilAsync(ServedHistory history, Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "the watch does not come along");
            history.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
        }
    }
}
