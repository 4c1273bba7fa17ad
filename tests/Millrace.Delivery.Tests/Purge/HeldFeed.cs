using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>Purges that many nodes follow.</summary>
internal sealed class SharedOrders
{
    private readonly Lock _gate = new();
    private readonly List<PurgeRequest> _orders = [];

    public long End
    {
        get
        {
            lock (_gate)
            {
                return _orders.Count;
            }
        }
    }

    public long Add(PurgeRequest purge)
    {
        lock (_gate)
        {
            _orders.Add(purge);
            return _orders.Count - 1;
        }
    }

    public List<PurgeOrder> Between(long from, long to)
    {
        lock (_gate)
        {
            return [.. Enumerable.Range((int)from, (int)(to - from)).Select(offset => new PurgeOrder(offset, _orders[offset]))];
        }
    }
}

/// <summary>One node's view of shared purges, which comes only as far as the test lets it: a slow network, or none.</summary>
internal sealed class HeldFeed(SharedOrders orders, string name) : IPurgeFeed
{
    private readonly Lock _gate = new();
    private long _visible = orders.End;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public long Visible
    {
        get
        {
            lock (_gate)
            {
                return _visible;
            }
        }
    }

    /// <summary>Lets the node see the purges before an offset, and look again.</summary>
    public void Release(long to)
    {
        lock (_gate)
        {
            _visible = Math.Max(_visible, to);
            _moved.TrySetResult();
            _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public ValueTask<long> EndAsync(CancellationToken cancellation) => ValueTask.FromResult(Visible);

    public async ValueTask<PurgeBatch> ReadAsync(long from, int max, CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                // It must not say that this was the end while there is more: the lease hangs on it.
                var end = orders.End;
                if (from < _visible || _visible == end)
                {
                    var next = Math.Min(from + max, _visible);
                    return new PurgeBatch(orders.Between(from, next), next, next == end);
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellation);
        }
    }

    public async ValueTask WaitAsync(long from, TimeSpan patience, CancellationToken cancellation)
    {
        Task moved;
        lock (_gate)
        {
            moved = from < _visible ? Task.CompletedTask : _moved.Task;
        }

        await moved.WaitAsync(cancellation);
    }
}
