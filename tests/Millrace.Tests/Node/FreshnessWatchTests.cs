using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Tests.Node;

/// <summary>A stall of the fold is alarmed, and a clean stream is silent.</summary>
public sealed class FreshnessWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly FeatureInfo Fresh = new() { Fresh = Second };

    private static readonly FeatureSet Features = FeatureSet.Create(
    [
        new CountFeature("clicks", "click", TimeSpan.FromHours(1)) { Info = Fresh },
        new CountFeature("views", "view", TimeSpan.FromHours(1)) { Info = Fresh },
        new CountFeature("unpromised", "click", TimeSpan.FromHours(1), CountRead.Log),
        new PersonCountFeature("mine", FeatureEntity.User, "click", TimeSpan.FromDays(1)) { Info = Fresh },
        new ExpressionFeature("score", FeatureEntity.Item, "clicks + 1") { Info = Fresh },
        new TimeOfDayFeature("hour", TimeRead.Hour) { Info = Fresh },
    ]);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Meter _meter = new("Millrace.Test");
    private readonly List<string> _told = [];
    private readonly ILoggerFactory _logs;
    private readonly MemoryJournal _journal;
    private readonly FeatureFolding _folding;
    private readonly FreshnessWatch _watch;
    private int _ids;

    public FreshnessWatchTests()
    {
        _logs = LoggerFactory.Create(logging => logging.AddProvider(new ToldLog(_told)));
        _journal = new MemoryJournal(_clock);
        _watch = new FreshnessWatch(_clock, () => Features.Definitions, () => _folding?.Lag ?? 0, _meter, _logs.CreateLogger("test"));
        _folding = new FeatureFolding(
            _journal, new FeatureFolder(Features, new FeatureOptions()), new EmbeddedPersonStore(Features.Persons, 2), _clock, new Readiness(), _meter, _logs.CreateLogger("test"))
        {
            Freshness = _watch,
        };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        _watch.Dispose();
        await _journal.DisposeAsync();
        _meter.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_clean_stream_is_silent_and_measured()
    {
        await PutAsync();
        for (var tick = 0; tick < 400; tick++)
        {
            await SendAsync("click");
            _clock.Advance(FeatureFolding.Interval);
            await _folding.StepAsync(Cancellation);
        }

        Assert.DoesNotContain(_told, line => line.StartsWith("freshness", StringComparison.Ordinal));
        Assert.Equal(new Freshness(FeatureFolding.Interval, FeatureFolding.Interval), _watch.Of("clicks"));
        Assert.Equal(_watch.Of("clicks"), _watch.Of("score"));
        Assert.NotNull(_watch.Of("mine"));
        Assert.Null(_watch.Of("hour"));
    }

    [Fact(Timeout = 10_000)]
    public async Task Formulas_of_formulas_are_looked_through_once_each()
    {
        var deep = FeatureSet.Create(
        [
            new CountFeature("f0", "click", TimeSpan.FromHours(1)),
            new CountFeature("f1", "view", TimeSpan.FromHours(1)),
            .. Enumerable.Range(2, 60).Select(i => new ExpressionFeature($"f{i}", FeatureEntity.Item, $"f{i - 1} + f{i - 2}")),
        ]);
        await Task.Run(() => _watch.Use(deep), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_stall_is_alarmed_while_it_lasts_and_until_a_minute_was_clean_again()
    {
        await PutAsync();
        await SendAsync("click");
        await _folding.StepAsync(Cancellation);
        await SendAsync("click");
        for (var tick = 0; tick < 12; tick++)
        {
            _clock.Advance(FeatureFolding.Interval);
        }

        Assert.Equal(["clicks", "mine", "score", "views"], Missed());
        await _folding.StepAsync(Cancellation);
        Assert.Equal(TimeSpan.FromSeconds(3), _watch.Of("clicks")!.Value.Max);
        _clock.Advance(Second);
        Assert.Equal(["clicks", "mine", "score"], Missed());
        for (var tick = 0; tick < 70; tick++)
        {
            await SendAsync("click");
            await _folding.StepAsync(Cancellation);
            _clock.Advance(Second);
        }

        Assert.Empty(Missed());
        Assert.Equal(4, _told.Count(line => line.StartsWith("freshnessMissed", StringComparison.Ordinal)));
        Assert.Equal(4, _told.Count(line => line.StartsWith("freshnessMet", StringComparison.Ordinal)));
        Assert.DoesNotContain(_told, line => line.Contains("unpromised", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_start_folds_is_not_measured()
    {
        await SendAsync("click");
        _clock.Advance(TimeSpan.FromHours(1));
        await _folding.StepAsync(Cancellation);
        Assert.Null(_watch.Of("clicks"));
    }

    [Fact]
    public async Task Objectives_are_metered()
    {
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter == _meter && instrument.Name == "millrace.features.freshness")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => seen.Add($"{tags[0].Value} {tags[1].Value} {value}"));
        listener.Start();
        await PutAsync();
        await _folding.StepAsync(Cancellation);
        await SendAsync("view");
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        await _folding.StepAsync(Cancellation);
        listener.RecordObservableInstruments();
        Assert.Equal(["views max 0.5", "views p99 0.5"], seen.Where(line => line.StartsWith("views", StringComparison.Ordinal)));
        Assert.DoesNotContain(seen, line => line.StartsWith("unpromised", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    [InlineData(250_000)]
    [InlineData(123_456_789)]
    public void A_quantile_is_never_below_the_delay_and_at_most_a_quarter_above(long micros)
    {
        var delays = new SlidingDelays();
        delays.Add(100, micros);
        delays.Add(100, micros * 10);
        var counts = SlidingDelays.NewCounts();
        var max = delays.Collect(159, counts);
        Assert.Equal(micros * 10, max);
        Assert.InRange(SlidingDelays.Quantile(counts, 0.5, max), micros, (micros * 5 / 4) + 1);
        Assert.Equal(0, delays.Collect(160, SlidingDelays.NewCounts()));
    }

    private string[] Missed() => [.. Features.Names.Where(_watch.IsMissed)];

    private async Task PutAsync()
    {
        await _journal.AppendAsync(new ItemChanged { Id = "i", Item = "story", Time = UnixMicros.Now(_clock), Received = UnixMicros.Now(_clock) }, Cancellation);
        await _folding.StepAsync(Cancellation);
    }

    private async Task SendAsync(string type)
    {
        var now = UnixMicros.Now(_clock);
        await _journal.AppendAsync(new Observed { Id = $"e{_ids++}", Event = type, Item = "story", User = "u", Time = now, Received = now }, Cancellation);
    }
}
