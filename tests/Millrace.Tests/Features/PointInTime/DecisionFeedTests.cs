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
        var counts = new WalkCounts();
        var options = new WalkOptions { From = Start, To = end + TimeSpan.FromDays(1) };
        var feed = new DecisionFeed(new SkippingReader(journal, (_, _) => { }), journal, options, counts.Count);
        await feed.BeginAsync(TestContext.Current.CancellationToken);
        var handed = await feed.NextAsync(TestContext.Current.CancellationToken);
        Assert.Equal((long)Epochs, handed!.Value.Epoch.Epoch);
        Assert.Equal("last", Assert.Single(handed.Value.Decisions).Fact.Id);
        Assert.Null(await feed.NextAsync(TestContext.Current.CancellationToken));
        Assert.Equal((1L, 1L), (counts.Not(NotVisited.Late), counts.NotVisited));
    }

    private static Decided Decided(string id, long epoch, UnixMicros time) =>
        new() { Id = id, Surface = "home", Policy = "home@1", Epoch = epoch, Asked = time, Time = time, Received = time };
}
