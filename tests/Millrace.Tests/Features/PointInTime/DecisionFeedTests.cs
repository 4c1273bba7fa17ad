using Microsoft.Extensions.Time.Testing;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

public sealed class DecisionFeedTests
{
    private static readonly UnixMicros Start = new(1_790_000_000_000_000);

    [Fact]
    public async Task Epochs_without_decisions_are_forgotten_once_they_passed_by_the_horizon_all_but_the_last()
    {
        const int Epochs = 5_000;
        await using var journal = new MemoryJournal(new FakeTimeProvider(), new MemoryJournalOptions { Partitions = 1 });
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var until = Start + TimeSpan.FromSeconds(epoch);
            await journal.AppendAsync(new EpochFrozen { Id = $"e{epoch}", Epoch = epoch, Until = until, Time = until, Received = until }, TestContext.Current.CancellationToken);
        }

        // Folding stalls: decisions go on with the last epoch.
        var end = Start + TimeSpan.FromSeconds(Epochs + 60);
        await journal.AppendAsync(Decided("late", 5, end), TestContext.Current.CancellationToken);
        await journal.AppendAsync(Decided("last", Epochs, end), TestContext.Current.CancellationToken);
        var options = new WalkOptions { From = Start, To = end + TimeSpan.FromDays(1) };
        var feed = new DecisionFeed(new SkippingReader(journal, (_, _) => { }), journal, options);
        await feed.BeginAsync(TestContext.Current.CancellationToken);
        var missed = (await feed.NextAsync(TestContext.Current.CancellationToken))!.Value;
        Assert.Equal(NotVisited.Late, missed.Reason);
        Assert.Equal("late", Assert.Single(missed.Decisions).Fact.Id);
        var handed = (await feed.NextAsync(TestContext.Current.CancellationToken))!.Value;
        Assert.Equal((long)Epochs, handed.Epoch?.Epoch);
        Assert.Equal("last", Assert.Single(handed.Decisions).Fact.Id);
        Assert.Null(await feed.NextAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Decisions_of_epochs_that_nobody_recorded_are_missed_one_epoch_after_the_other()
    {
        const int Epochs = 50;
        await using var journal = new MemoryJournal(new FakeTimeProvider(), new MemoryJournalOptions { Partitions = 1 });
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var time = Start + TimeSpan.FromSeconds(epoch * 20);
            await journal.AppendAsync(Decided($"a{epoch}", epoch, time), TestContext.Current.CancellationToken);
            await journal.AppendAsync(Decided($"b{epoch}", epoch, time), TestContext.Current.CancellationToken);
        }

        var options = new WalkOptions { From = Start, To = Start + TimeSpan.FromDays(1) };
        var feed = new DecisionFeed(new SkippingReader(journal, (_, _) => { }), journal, options);
        await feed.BeginAsync(TestContext.Current.CancellationToken);
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var missed = (await feed.NextAsync(TestContext.Current.CancellationToken))!.Value;
            Assert.Equal((NotVisited.EpochUnknown, $"a{epoch}", $"b{epoch}"), (missed.Reason!.Value, missed.Decisions[0].Fact.Id, missed.Decisions[1].Fact.Id));
        }

        Assert.Null(await feed.NextAsync(TestContext.Current.CancellationToken));
    }

    private static Decided Decided(string id, long epoch, UnixMicros time) =>
        new() { Id = id, Surface = "home", Policy = "home@1", Epoch = epoch, Asked = time, Time = time, Received = time };
}
