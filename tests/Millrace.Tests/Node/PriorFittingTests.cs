using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;
using Millrace.Tests.Features.Kinds;

namespace Millrace.Tests.Node;

/// <summary>Priors of rates that a node fits by itself: recorded, folded, read, and the same after a restart.</summary>
public sealed class PriorFittingTests : IAsyncLifetime
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    private static readonly RateFeature Rate = new("ctr", "click", "impression", TimeSpan.FromDays(1)) { Prior = RatePrior.Fitted };
    private static readonly FeatureSet Features = FeatureSet.Create([Rate]);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Meter _meter = new("Millrace.Test");
    private readonly FeatureFolder _folder = new(Features, new FeatureOptions());
    private readonly MemoryJournal _journal;
    private readonly PriorFitting _priors;
    private readonly FeatureFolding _folding;
    private int _ids;

    public PriorFittingTests()
    {
        _journal = new MemoryJournal(_clock);
        _priors = Priors(_journal);
        _folding = Folding(_folder, _priors);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var (item, clicks) in ((string, int)[])[("a", 1), ("b", 5), ("c", 9)])
        {
            await AppendAsync(new ItemChanged { Id = $"f{_ids++}", Item = item, Time = Now });
            await SendAsync("impression", item, 20);
            await SendAsync("click", item, clicks);
        }

        // Shown by no one yet: its rate is the prior's mean.
        await AppendAsync(new ItemChanged { Id = $"f{_ids++}", Item = "new", Time = Now });
    }

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        await _journal.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task A_prior_is_fitted_recorded_folded_and_read_and_a_restart_reads_it_too()
    {
        await _folding.StepAsync(Cancellation);
        await _priors.Settled;
        Assert.Empty(await FittedAsync());
        await RefitAsync();
        var prior = Assert.Single(await FittedAsync());
        Assert.Equal((1, Rate.PriorState.ToString()), (prior.Version, prior.State));
        var mean = (float)(prior.AlphaMicros / (double)(prior.AlphaMicros + prior.BetaMicros));
        Assert.Equal(mean, ValueOf(_folder, "new"), 1e-6);
        Assert.NotEqual(PulledBy(20, 0.25), ValueOf(_folder, "a"), 1e-3);

        var folder = new FeatureFolder(Features, new FeatureOptions());
        var priors = Priors(_journal);
        await using var again = Folding(folder, priors);
        await again.StepAsync(Cancellation);
        Assert.Equal(ValueOf(_folder, "a"), ValueOf(folder, "a"));
        _clock.Advance(Every);
        await again.StepAsync(Cancellation);
        await priors.Settled;
        Assert.Single(await FittedAsync());
    }

    [Fact]
    public async Task What_moved_by_less_than_a_part_in_a_hundred_is_not_recorded_and_what_moved_more_is_the_next_version()
    {
        await _folding.StepAsync(Cancellation);
        await RefitAsync();
        await RefitAsync();
        Assert.Single(await FittedAsync());
        foreach (var item in (string[])["a", "b", "c"])
        {
            await SendAsync("impression", item, 20);
        }

        await RefitAsync();
        var fitted = await FittedAsync();
        Assert.Equal([1, 2], fitted.Select(prior => prior.Version));
        Assert.True(fitted[1].BetaMicros * fitted[0].AlphaMicros > fitted[0].BetaMicros * fitted[1].AlphaMicros);
        Assert.Equal(2, fitted.DistinctBy(prior => prior.Id).Count());
    }

    [Fact]
    public async Task A_journal_that_refuses_keeps_nothing_from_being_folded_and_the_prior_is_fitted_at_the_next()
    {
        var broken = new PriorFitting(new TappedJournal(_journal) { Appending = Task.FromException(new JournalFullException("room", "full")) }, Every, _clock, NullLogger.Instance);
        var folder = new FeatureFolder(Features, new FeatureOptions());
        await using var folding = Folding(folder, broken);
        _clock.Advance(Every);
        await folding.StepAsync(Cancellation);
        await broken.Settled;
        Assert.Empty(await FittedAsync());
        Assert.False(broken.IsDue);
        _clock.Advance(Every);
        Assert.True(broken.IsDue);
        Assert.Equal(0.25f, ValueOf(folder, "new"), 1e-6);
    }

    /// <summary>Lets it be due, fits, and folds what was recorded.</summary>
    private async Task RefitAsync()
    {
        _clock.Advance(Every);
        await _folding.StepAsync(Cancellation);
        await _priors.Settled;
        await _folding.StepAsync(Cancellation);
    }

    private static double PulledBy(double strength, double mean) => (1 + (strength * mean)) / (20 + strength);

    private float ValueOf(FeatureFolder folder, string item) => new KindRun(Features).Read(folder.Current, [item], Now, new Asker(null, null))[item]["ctr"];

    private UnixMicros Now => UnixMicros.Now(_clock);

    private PriorFitting Priors(IJournal journal) => new(journal, Every, _clock, NullLogger.Instance);

    private FeatureFolding Folding(FeatureFolder folder, PriorFitting priors) =>
        new(_journal, folder, new EmbeddedPersonStore(folder.Current.Features.Persons, _journal.Partitions(JournalStream.Events)), _clock, new Readiness(), _meter, NullLogger.Instance)
        {
            Priors = priors,
        };

    private async Task SendAsync(string @event, string item, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await AppendAsync(new Observed { Id = $"f{_ids++}", Event = @event, Item = item, Session = $"s{_ids}", Time = Now });
        }
    }

    private async Task AppendAsync(Fact fact) => await _journal.AppendAsync(fact, Cancellation);

    private async Task<IReadOnlyList<PriorFitted>> FittedAsync() =>
        [.. (await _journal.ReadAsync(JournalStream.Control, 0, 0, 10_000, Cancellation)).Select(stored => stored.Fact).OfType<PriorFitted>()];
}
