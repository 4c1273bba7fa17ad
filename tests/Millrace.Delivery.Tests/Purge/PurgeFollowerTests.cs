using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>A follower of feeds that misbehave, on virtual time: it never spins, and goes on when they mend.</summary>
public class PurgeFollowerTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string> Faults => ["no end", "no wait", "breaks", "breaks in waiting"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Feed_that_answers_at_once_and_brings_nothing_is_left_alone_for_a_while(string fault)
    {
        OddFeed feed = new(fault);
        List<bool> told = [];
        await using PurgeFollower follower = new(feed, 0, static batch => new int[batch.Orders.Count], new PurgeTouch(TimeSpan.FromSeconds(5), _time), _time, lost => told.Add(lost is not null));

        // No time passes, and however long one waits it looks no more often than the first pause lets it.
        for (var i = 0; i < 10_000; i++)
        {
            await Task.Yield();
        }

        Assert.InRange(feed.Looks, 1, 2);
        for (var second = 0; second < 600; second++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        // A minute: the pauses double from 10 ms up to the second that five looks to a lease leave, or those after a fault from 100 ms to 5 s.
        Assert.InRange(feed.Looks, 2, 80);

        feed.Fault = "";
        var mended = follower.WaitAsync(0, TestContext.Current.CancellationToken);
        while (follower.Next == 0)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal(fault.StartsWith("breaks", StringComparison.Ordinal), told.Contains(true));
        await (mended.IsFaulted ? Task.CompletedTask : mended);
    }

    /// <summary>Has one purge to give, which it holds back for as long as it misbehaves.</summary>
    private sealed class OddFeed(string fault) : IPurgeFeed
    {
        private int _looks;

        public volatile string Fault = fault;

        public string Name => "odd";

        public int Looks => Volatile.Read(ref _looks);

        public ValueTask<long> EndAsync(CancellationToken cancellation) => ValueTask.FromResult(0L);

        public ValueTask<PurgeBatch> ReadAsync(long from, int max, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _looks);
            return Fault switch
            {
                "breaks" => throw new IOException("broken"),
                "no end" => ValueTask.FromResult(new PurgeBatch([], from, IsWhole: false)),
                "" => ValueTask.FromResult(from == 0 ? new PurgeBatch([new PurgeOrder(0, new PurgeRequest())], 1, IsWhole: true) : new PurgeBatch([], 1, IsWhole: true)),
                _ => ValueTask.FromResult(new PurgeBatch([], from, IsWhole: true)),
            };
        }

        public async ValueTask WaitAsync(long from, TimeSpan patience, CancellationToken cancellation)
        {
            if (Fault == "breaks in waiting")
            {
                throw new IOException("broken");
            }

            if (Fault.Length == 0 && from == 1)
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellation);
            }
        }
    }
}
