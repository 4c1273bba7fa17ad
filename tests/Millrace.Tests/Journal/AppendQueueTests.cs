using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Local;

namespace Millrace.Tests.Journal;

public sealed class AppendQueueTests
{
    [Fact]
    public void A_closed_queue_has_not_ended_before_it_is_empty()
    {
        using var queue = NewQueue();
        Assert.Null(queue.Take(out var ended));
        Assert.False(ended);
        var (done, _) = Add(queue);
        queue.Close();
        var group = queue.Take(out ended);
        Assert.NotNull(group);
        Assert.False(ended);
        queue.Succeeded(group);
        Assert.True(done.IsCompletedSuccessfully);
        Assert.Null(queue.Take(out ended));
        Assert.True(ended);
        Assert.Throws<ObjectDisposedException>(() => Add(queue));
    }

    [Fact]
    public async Task A_fault_of_the_tail_fails_what_has_queued_and_gives_its_room_and_offsets_back()
    {
        using var queue = NewQueue();
        var (done, first) = Add(queue);
        queue.Fault(new JournalFaultException("tail"), first);
        await Assert.ThrowsAsync<JournalFaultException>(() => done);
        Assert.Null(queue.Take(out _));
        Assert.Equal(first, queue.Next);
        queue.Reserve(100);
        queue.Release(100);
        Assert.Throws<JournalFaultException>(() => Add(queue));
    }

    private static AppendQueue NewQueue() => new(new FakeTimeProvider(), maxBytes: 100, "control/0", end: 7, lastReceived: 0);

    private static (Task Done, long First) Add(AppendQueue queue)
    {
        var writer = new FieldWriter();
        writer.RawByte(1);
        queue.Reserve(1 + Millrace.Journal.Segments.Frame.HeadBytes);
        return queue.Add(writer, [new EncodedFact(0, 1, 0, 1, 0, 0)]);
    }
}
