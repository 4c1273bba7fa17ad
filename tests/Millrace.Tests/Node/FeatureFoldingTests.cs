using Millrace.Features.Local;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;
using Millrace.Tests.Api;

namespace Millrace.Tests.Node;

public sealed class FeatureFoldingTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Readiness _readiness = new();
    private readonly Meter _meter = new("Millrace.Test");
    private static readonly FeatureSet Features = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(1))]);

    private readonly FeatureFolder _folder = new(Features, new FeatureOptions());
    private readonly MemoryJournal _journal;
    private readonly FeatureFolding _folding;
    private int _ids;

    public FeatureFoldingTests()
    {
        _journal = new MemoryJournal(_clock);
        _folding = Folding(_folder, _journal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        await _journal.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task An_epoch_folds_what_is_durable_and_its_cut_is_a_fact()
    {
        await AppendItemAsync("story-1");
        Assert.Equal(1, _folding.Lag);
        await _folding.StepAsync(Cancellation);
        Assert.Equal(0, _folding.Lag);
        Assert.NotNull(_folder.Current.Find("story-1"));
        var epoch = (EpochFrozen)Assert.Single(await EpochsAsync()).Fact;
        Assert.Equal(_folder.Current.Cut.Next, epoch.Cut);
        Assert.Equal(_folder.Current.Epoch, epoch.Epoch);
    }

    [Fact]
    public async Task Windows_move_without_new_facts_and_their_epoch_is_a_fact_too()
    {
        await AppendItemAsync("story-1");
        await _folding.StepAsync(Cancellation);
        var first = _folder.Current;
        await _folding.StepAsync(Cancellation);
        Assert.Same(first, _folder.Current);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _folding.StepAsync(Cancellation);
        Assert.True(_folder.Current.Time > first.Time);
        Assert.Equal([1L, 2L], (await EpochsAsync()).Select(stored => ((EpochFrozen)stored.Fact).Epoch));
    }

    [Fact]
    public async Task Epochs_go_on_after_a_restart()
    {
        for (var i = 0; i < 3; i++)
        {
            await AppendItemAsync($"story-{i}");
            await _folding.StepAsync(Cancellation);
        }

        await _journal.AppendAsync([.. Enumerable.Range(0, 9_000).Select(i => new Decided { Id = $"d{i}", Surface = "home", Policy = "home@1", Session = $"s{i}" })], Cancellation);
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var again = Folding(folder, _journal);
        await again.StepAsync(Cancellation);
        Assert.Equal(4, folder.Current.Epoch);
        Assert.Equal([1L, 2L, 3L, 4L], (await EpochsAsync()).Select(stored => ((EpochFrozen)stored.Fact).Epoch));
    }

    [Fact]
    public async Task An_epoch_is_published_only_when_it_is_recorded()
    {
        await AppendItemAsync("story-1");
        var durable = new TaskCompletionSource();
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var folding = Folding(folder, new TappedJournal(_journal) { Appending = durable.Task });
        var step = folding.StepAsync(Cancellation);
        Assert.Null(folder.Current.Find("story-1"));
        durable.SetResult();
        await step;
        Assert.NotNull(folder.Current.Find("story-1"));
    }

    [Fact]
    public async Task A_restart_counts_what_the_running_node_counts_and_reads_no_older_events()
    {
        await AppendItemAsync("story-1");
        for (var day = 0; day < 10; day++)
        {
            await _journal.AppendAsync(
                new Observed { Id = $"click-{day}", Event = "click", Item = "story-1", Session = "s", Time = UnixMicros.Now(_clock) }, Cancellation);
            await _folding.StepAsync(Cancellation);
            _clock.Advance(TimeSpan.FromDays(1));
        }

        await _folding.StepAsync(Cancellation);
        var read = new List<Fact>();
        var tapped = new TappedJournal(_journal)
        {
            Read = (stream, facts) =>
            {
                read.AddRange(facts.Select(stored => stored.Fact));
                return Task.CompletedTask;
            },
        };
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var again = Folding(folder, tapped);
        await again.StepAsync(Cancellation);
        Assert.Equal(_folder.Current.Canonical(), folder.Current.Canonical());
        Assert.Equal(["click-8", "click-9"], read.OfType<Observed>().Select(fact => fact.Id));
    }

    [Fact]
    public async Task An_item_put_before_its_events_is_in_the_catalogue_when_they_are_counted()
    {
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var folding = Folding(folder, new TappedJournal(_journal)
        {
            Read = async (stream, facts) =>
            {
                // Between reading items and reading events somebody puts an item, and clicks it.
                if (stream == JournalStream.Items && _ids == 0)
                {
                    await AppendItemAsync("story-1");
                    await _journal.AppendAsync(
                        new Observed { Id = "click-1", Event = "click", Item = "story-1", Session = "s", Time = UnixMicros.Now(_clock) }, Cancellation);
                }
            },
        });
        await folding.StepAsync(Cancellation);
        Assert.Equal(1, folder.Current.Popular(TimeSpan.FromHours(1), 10).Length);
    }

    [Fact]
    public async Task Readiness_waits_until_the_journal_is_folded()
    {
        _readiness.Release(UnreadyReason.Starting);
        await AppendItemAsync("story-1");
        Assert.Equal([UnreadyReason.FeaturesCatchingUp], _readiness.Reasons);
        _folding.Start();
        await _journal.WaitAsync(JournalStream.Decisions, EpochPartition, 0, Cancellation);
        await _folding.DisposeAsync();
        Assert.True(_readiness.IsReady);
    }

    [Fact]
    public async Task Who_waits_for_the_journal_to_be_folded_is_told_again_when_that_failed_and_then_no_more()
    {
        var told = 0;
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var folding = new FeatureFolding(
            _journal, folder, new EmbeddedPersonStore(Features.Persons, _journal.Partitions(JournalStream.Events)), _clock, _readiness, _meter, NullLogger.Instance)
        {
            CaughtUp = () =>
            {
                if (Interlocked.Increment(ref told) == 1)
                {
                    throw new InvalidOperationException("not yet");
                }
            },
        };
        folding.Start();
        Assert.True(await ApiNode.UntilAsync(
            () =>
            {
                _clock.Advance(FeatureFolding.Interval);
                return Volatile.Read(ref told) > 1;
            },
            Cancellation));
        Assert.DoesNotContain(UnreadyReason.FeaturesStalled, _readiness.Reasons);
        _clock.Advance(FeatureFolding.LongestWait);
        await folding.DisposeAsync();
        Assert.Equal(2, told);
    }

    [Fact]
    public async Task Cuts_name_partitions_that_were_quiet_for_longer_than_anything_looks_back()
    {
        for (var i = 0; i < 40; i++)
        {
            await _journal.AppendAsync(new Observed { Id = $"old-{i}", Event = "click", Item = "story-1", User = $"user-{i}", Time = UnixMicros.Now(_clock) }, Cancellation);
        }

        _clock.Advance(TimeSpan.FromDays(40));
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions());
        await using var folding = Folding(folder, _journal);
        await folding.StepAsync(Cancellation);
        for (var partition = 0; partition < _journal.Partitions(JournalStream.Events); partition++)
        {
            Assert.True(_journal.Range(JournalStream.Events, partition).End > 0);
            Assert.Equal(_journal.Range(JournalStream.Events, partition).End, folder.Current.NextEvent(partition));
        }
    }

    private FeatureFolding Folding(FeatureFolder folder, IJournal journal) =>
        new(journal, folder, new EmbeddedPersonStore(folder.Current.Features.Persons, journal.Partitions(JournalStream.Events)), _clock, _readiness, _meter, NullLogger.Instance);

    private async Task AppendItemAsync(string id) =>
        await _journal.AppendAsync(new ItemChanged { Id = $"fact-{_ids++}", Item = id, Time = UnixMicros.Now(_clock) }, Cancellation);

    private async Task<IReadOnlyList<StoredFact>> EpochsAsync() =>
        [.. (await _journal.ReadAsync(JournalStream.Decisions, EpochPartition, 0, 10_000, Cancellation)).Where(stored => stored.Fact is EpochFrozen)];

    private int EpochPartition => FactKeys.Partition(new EpochFrozen { Id = "", Epoch = 0, Until = default }, _journal.Partitions(JournalStream.Decisions));
}
