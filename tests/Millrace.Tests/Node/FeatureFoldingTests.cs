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

namespace Millrace.Tests.Node;

public sealed class FeatureFoldingTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Readiness _readiness = new();
    private readonly Meter _meter = new("Millrace.Test");
    private readonly FeatureFolder _folder = new(FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(1))]), new FeatureOptions());
    private readonly MemoryJournal _journal;
    private readonly FeatureFolding _folding;
    private int _ids;

    public FeatureFoldingTests()
    {
        _journal = new MemoryJournal(_clock);
        _folding = new FeatureFolding(_journal, _folder, new EmbeddedUserState(), _clock, _readiness, _meter, NullLogger.Instance);
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
    public async Task Windows_move_without_new_facts_and_write_none()
    {
        await AppendItemAsync("story-1");
        await _folding.StepAsync(Cancellation);
        var first = _folder.Current;
        await _folding.StepAsync(Cancellation);
        Assert.Same(first, _folder.Current);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _folding.StepAsync(Cancellation);
        Assert.True(_folder.Current.Time > first.Time);
        Assert.Single(await EpochsAsync());
    }

    [Fact]
    public async Task Readiness_waits_until_the_journal_is_folded()
    {
        _readiness.Release(UnreadyReason.Starting);
        await AppendItemAsync("story-1");
        Assert.Equal([UnreadyReason.FeaturesCatchingUp], _readiness.Reasons);
        _folding.Start();
        await _journal.WaitAsync(JournalStream.Control, 0, 0, Cancellation);
        await _folding.DisposeAsync();
        Assert.True(_readiness.IsReady);
    }

    private async Task AppendItemAsync(string id) =>
        await _journal.AppendAsync(new ItemChanged { Id = $"fact-{_ids++}", Item = id, Time = UnixMicros.Now(_clock) }, Cancellation);

    private async Task<IReadOnlyList<StoredFact>> EpochsAsync() => await _journal.ReadAsync(JournalStream.Control, 0, 0, 100, Cancellation);
}
