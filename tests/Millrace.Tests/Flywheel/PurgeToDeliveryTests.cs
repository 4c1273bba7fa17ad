using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Purge;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Flywheel;

public sealed class PurgeToDeliveryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_purge_that_waits_returns_when_it_is_obeyed()
    {
        await using var journal = new MemoryJournal(new FakeTimeProvider());
        var obeyed = new List<PurgeRequest>();
        await using var edge = new PurgeToDelivery(journal, obeyed.Add, NullLogger.Instance, () => { });
        await new PurgeToJournal(journal, edge).PurgeAsync(Purge("p1"), waitForEdges: true, Cancellation);
        Assert.Equal("k", Assert.Single(Assert.Single(obeyed).Keys));
    }

    [Fact]
    public async Task Once_purges_are_no_longer_followed_who_waits_is_told_and_none_is_taken()
    {
        await using var journal = new MemoryJournal(new FakeTimeProvider());
        var lost = 0;
        await using var edge = new PurgeToDelivery(journal, _ => throw new InvalidOperationException("the index is broken"), NullLogger.Instance, () => lost++);
        var purges = new PurgeToJournal(journal, edge);
        await Assert.ThrowsAsync<JournalFaultException>(async () => await purges.PurgeAsync(Purge("p1"), waitForEdges: true, Cancellation));
        await Assert.ThrowsAsync<JournalFaultException>(async () => await purges.PurgeAsync(Purge("p2"), waitForEdges: false, Cancellation));
        Assert.Equal(1, lost);
        Assert.Equal(1, journal.Range(JournalStream.Control, 0).End);
    }

    private static Purged Purge(string id) => new() { Id = id, Keys = ["k"] };
}
