namespace Millrace.Delivery.Coalescing;

/// <summary>One origin request on behalf of all who want the same object. Joined only from a non-zero count; the last to leave cancels.</summary>
internal sealed class Flight(string key, long began) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource<FlightResult> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _aboard = 1;
    private bool _keep;
    private bool _over;

    public string Key { get; } = key;

    /// <summary>The purge sequence at its beginning.</summary>
    public long Began { get; } = began;

    public Task<FlightResult> Head => _head.Task;

    public CancellationToken Token => _cancel.Token;

    public bool TryJoin()
    {
        lock (_gate)
        {
            if (_aboard == 0 || _over)
            {
                return false;
            }

            _aboard++;
            return true;
        }
    }

    /// <summary>Lets the fetch end though nobody reads it: its answer (a 304, a HEAD) needed the head alone.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            _keep = true;
        }
    }

    public void Leave()
    {
        bool cancels;
        lock (_gate)
        {
            _aboard--;
            if (_aboard > 0)
            {
                return;
            }

            cancels = !_over && !_keep;
        }

        if (cancels)
        {
            _cancel.Cancel();
        }

        DisposeUntaken();
    }

    public void Land(FlightResult result)
    {
        bool empty;
        lock (_gate)
        {
            _head.TrySetResult(result);
            empty = _aboard == 0;
        }

        if (empty)
        {
            DisposeUntaken();
        }
    }

    /// <summary>The fetch has ended; cancelling is no longer meant.</summary>
    public void End()
    {
        lock (_gate)
        {
            _over = true;
        }
    }

    public void Dispose() => _cancel.Dispose();

    // A response that only the leader may have is let go when the leader left before it came. Disposing twice is harmless.
    private void DisposeUntaken()
    {
        if (Head.IsCompletedSuccessfully && Head.Result is FlightResult.Alone alone)
        {
            alone.Response.Dispose();
        }
    }
}
