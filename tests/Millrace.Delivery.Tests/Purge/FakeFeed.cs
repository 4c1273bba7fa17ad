using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>A feed in memory that can be cut off from those who follow it, while purges go on being acknowledged.</summary>
internal sealed class FakeFeed(TimeProvider time) : IPurgeFeed
{
    private readonly Lock _gate = new();
    private readonly List<PurgeRequest?> _orders = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _cut;

    public string Name { get; init; } = "fake";

    public bool IsCut
    {
        get
        {
            lock (_gate)
            {
                return _cut is not null;
            }
        }
    }

    /// <summary>Acknowledges a purge, or a fact of another kind when null; returns its offset.</summary>
    public long Add(PurgeRequest? purge)
    {
        lock (_gate)
        {
            _orders.Add(purge);
            Wake();
            return _orders.Count - 1;
        }
    }

    /// <summary>From now on nobody is answered.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Wake();
        }
    }

    /// <summary>Those who wait for an answer are told that they will get none, as a connection that breaks does; or from now on everybody is answered.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _cut?.TrySetException(new IOException("the connection broke"));
        }
    }

    /// <inheritdoc cref="Break"/>
    public void Heal()
    {
        lock (_gate)
        {
            _cut?.TrySetException(new IOException("the connection broke"));
            _cut = null;
        }
    }

    public ValueTask<long> EndAsync(CancellationToken cancellation) => ValueTask.FromResult((long)_orders.Count);

    public async ValueTask<PurgeBatch> ReadAsync(long from, int max, CancellationToken cancellation)
    {
        await AnswerAsync(cancellation);
        lock (_gate)
        {
            var next = Math.Min(from + max, _orders.Count);
            var orders = Enumerable.Range((int)from, (int)(next - from)).Where(offset => _orders[offset] is not null).Select(offset => new PurgeOrder(offset, _orders[offset]!)).ToList();
            return new PurgeBatch(orders, next, next == _orders.Count);
        }
    }

    public async ValueTask WaitAsync(long from, TimeSpan patience, CancellationToken cancellation)
    {
        await AnswerAsync(cancellation);
        Task news;
        lock (_gate)
        {
            news = from < _orders.Count ? Task.CompletedTask : _news.Task;
        }

        try
        {
            await news.WaitAsync(patience, time, cancellation);
        }
        catch (TimeoutException)
        {
            // No news.
        }
    }

    private Task AnswerAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _cut?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;
        }
    }

    private void Wake()
    {
        _news.TrySetResult();
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
