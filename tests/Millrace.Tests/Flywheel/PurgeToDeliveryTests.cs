using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Flywheel;

public sealed class PurgeToDeliveryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Start);
    private readonly DeliveryPlane _plane;
    private readonly List<string> _told = [];
    private readonly TaskCompletionSource _found = new();

    public PurgeToDeliveryTests() => _plane = new DeliveryPlane(new DeliveryOptions(), RouteTable.Empty, null, _clock);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _plane.Dispose();

    [Fact]
    public async Task Feed_hands_over_purges_with_their_offsets_and_passes_over_other_facts()
    {
        await using FailingJournal journal = new(_clock);
        await journal.AppendAsync(Purge("a"), Now);
        await journal.AppendAsync(new PolicyChanged { Id = "p", Policy = "home", Version = 1, Definition = "{}" }, Now);
        await journal.AppendAsync(Purge("b") with { Soft = true, Prefixes = ["http://h/p/"], Route = "h/*", Urls = ["http://h/a"] }, Now);
        PurgeToDelivery feed = new(journal, "journal", _clock);
        Assert.Equal(3, await feed.EndAsync(Now));
        var whole = await feed.ReadAsync(0, 10, Now);
        Assert.Equal((3, true), (whole.Next, whole.IsWhole));
        Assert.Equal([0L, 2L], whole.Orders.Select(order => order.Offset));
        var request = whole.Orders[1].Request;
        Assert.Equal(("b", true, "http://h/p/", "h/*", "http://h/a"), (request.Keys[0], request.Soft, request.Prefixes[0], request.Route, request.Urls[0]));
        var part = await feed.ReadAsync(0, 1, Now);
        Assert.Equal((2, false, 1), (part.Next, part.IsWhole, part.Orders.Count));
    }

    [Fact]
    public async Task Purge_is_obeyed_and_its_count_comes_back_to_the_one_who_waits()
    {
        await using FailingJournal journal = new(_clock);
        await using var follower = await FollowAsync(journal);
        var purges = new PurgeToJournal(journal, follower, static () => RouteTable.Empty);
        var position = await purges.PurgeAsync(Purge("a"), Now);
        Assert.Equal(new Position(JournalStream.Control, 0, 0), position);
        Assert.Equal(0, await purges.WaitAsync(position, Now));
        Assert.True(purges.IsTaken(position));
        Assert.False(purges.IsTaken(position with { Offset = 1 }));
    }

    [Fact]
    public async Task Lost_journal_fails_waiters_at_once_refuses_purges_and_is_followed_again_when_it_heals()
    {
        await using FailingJournal journal = new(_clock);
        await using var follower = await FollowAsync(journal);
        journal.Broken = true;
        var failure = journal.NextFailure;
        var purges = new PurgeToJournal(journal, follower, static () => RouteTable.Empty);
        var position = await journal.AppendAsync(Purge("missed"), Now);
        var waiting = purges.WaitAsync(position, Now);
        await failure;
        await Assert.ThrowsAsync<JournalFaultException>(async () => await waiting);
        await Assert.ThrowsAsync<JournalFaultException>(async () => await purges.PurgeAsync(Purge("late"), Now));
        journal.Broken = false;
        while (!_found.Task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["lost", "found"], _told);
        Assert.Equal(0, await purges.WaitAsync(position, Now));
        Assert.Null(follower.Lost);
    }

    private async Task<PurgeFollower> FollowAsync(IJournal journal)
    {
        var follower = await _plane.FollowAsync(new PurgeToDelivery(journal, "journal", _clock), Tell, Now);
        await follower.CaughtUp;
        return follower;
    }

    private void Tell(Exception? lost)
    {
        _told.Add(lost is null ? "found" : "lost");
        if (lost is null)
        {
            _found.SetResult();
        }
    }

    private static Purged Purge(string key) => new() { Id = "p-" + key, Time = new UnixMicros(Start.ToUnixTimeMilliseconds() * 1000), Keys = [key] };
}
