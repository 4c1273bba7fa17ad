using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Flywheel;

public sealed class PurgeToDeliveryTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Start);
    private readonly ConcurrentQueue<string> _told = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Purge_is_obeyed_and_its_count_comes_back_to_the_one_who_waits()
    {
        await using FailingJournal journal = new(_clock);
        await using var follower = Follow(journal);
        var purges = new PurgeToJournal(journal, follower, static () => RouteTable.Empty);
        Assert.Equal(7, await purges.PurgeAsync(Purge("a"), waitForEdges: true, Now));
        Assert.Null(await purges.PurgeAsync(Purge("b"), waitForEdges: false, Now));
        await follower.WaitAsync(new Position(JournalStream.Control, 0, 1), Now);
        Assert.Equal(["a", "b"], _told);
    }

    [Fact]
    public async Task Lost_journal_fails_waiters_at_once_refuses_purges_and_is_followed_again_when_it_heals()
    {
        await using FailingJournal journal = new(_clock) { Broken = true };
        await using var follower = Follow(journal);
        var failure = journal.NextFailure;
        var position = await journal.AppendAsync(Purge("missed"), Now);
        var waiting = follower.WaitAsync(position, Now);
        await failure;
        await Assert.ThrowsAsync<JournalFaultException>(() => waiting);
        Assert.Throws<JournalFaultException>(follower.ThrowIfLost);
        var purges = new PurgeToJournal(journal, follower, static () => RouteTable.Empty);
        await Assert.ThrowsAsync<JournalFaultException>(async () => await purges.PurgeAsync(Purge("late"), true, Now));
        Assert.Equal(["lost"], _told);
        journal.Broken = false;
        while (_told.Count < 3)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["lost", "missed", "found"], _told);
        Assert.Equal(7, await follower.WaitAsync(position, Now));
        follower.ThrowIfLost();
    }

    private PurgeToDelivery Follow(IJournal journal) => new(
        journal,
        purge =>
        {
            _told.Enqueue(purge.Keys[0]);
            return 7;
        },
        inTouch => _told.Enqueue(inTouch ? "found" : "lost"),
        _clock,
        NullLogger.Instance);

    private static Purged Purge(string key) => new() { Id = "p-" + key, Time = new UnixMicros(Start.ToUnixTimeMilliseconds() * 1000), Keys = [key] };
}
