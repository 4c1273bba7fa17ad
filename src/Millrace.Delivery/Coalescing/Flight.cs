using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Coalescing;

/// <summary>One origin request on behalf of all who want the same object. Joined until it is over or cancelled; the last to leave cancels, unless it is kept.</summary>
internal sealed class Flight(FlightKey key, Beginning began) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource<FlightResult> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _aboard = 1;
    private bool _keep;
    private bool _over;
    private bool _cancelled;
    private bool _leaderLeft;

    public FlightKey Key { get; } = key;

    /// <summary>When it began, as purges count.</summary>
    public Beginning Began { get; } = began;

    public Task<FlightResult> Head => _head.Task;

    /// <summary>What comes before the head.</summary>
    public InterimRelay Interims { get; } = new();

    public CancellationToken Token => _cancel.Token;

    /// <summary>Whether more than one is aboard.</summary>
    public bool IsShared
    {
        get
        {
            lock (_gate)
            {
                return _aboard > 1;
            }
        }
    }

    /// <summary>Boards; <paramref name="headWasHere"/> tells whether its answer is older than the one who boards.</summary>
    public bool TryJoin(out bool headWasHere)
    {
        lock (_gate)
        {
            headWasHere = _head.Task.IsCompleted;
            if (_over || _cancelled)
            {
                return false;
            }

            _aboard++;
            return true;
        }
    }

    /// <summary>Lets the fetch end though nobody reads it: its answer (a 304, a HEAD) needed the head alone, or it runs behind a reply.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            _keep = true;
        }
    }

    /// <summary>Leaves. What only the leader could use goes with it.</summary>
    public void Leave(bool leader)
    {
        bool cancels;
        FlightResult? result;
        lock (_gate)
        {
            _aboard--;
            _leaderLeft |= leader;
            _cancelled |= cancels = _aboard == 0 && !_over && !_keep;
            result = leader && _head.Task.IsCompleted ? _head.Task.Result : null;
        }

        result?.LeaderLeft();
        if (cancels)
        {
            _cancel.Cancel();
        }
    }

    public void Land(FlightResult result)
    {
        bool late;
        lock (_gate)
        {
            late = _leaderLeft;
            _head.TrySetResult(result);
        }

        if (late)
        {
            result.LeaderLeft();
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
}
