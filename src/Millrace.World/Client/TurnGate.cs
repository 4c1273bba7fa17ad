namespace Millrace.World.Client;

/// <summary>
/// Lets a bounded number in, makes a bounded number wait in order, and refuses the rest. Its continuations stay on the waiter's context, which
/// <c>SemaphoreSlim.WaitAsync(token)</c> would leave on virtual time.
/// </summary>
internal sealed class TurnGate(int inside, int waiting)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _queue = new();
    private int _free = inside;

    /// <summary>True when it is the caller's turn, who must then <see cref="Leave"/>; false when the queue is full or the wait was cancelled.</summary>
    public async Task<bool> EnterAsync(CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource<bool>> place;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return true;
            }

            if (_queue.Count >= waiting)
            {
                return false;
            }

            place = _queue.AddLast(new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using var cancelled = cancellation.UnsafeRegister(state => GiveUp((LinkedListNode<TaskCompletionSource<bool>>)state!), place);
        return await place.Value.Task;
    }

    /// <summary>Passes the turn on.</summary>
    public void Leave()
    {
        TaskCompletionSource<bool>? next = null;
        lock (_lock)
        {
            if (_queue.First is { } head)
            {
                _queue.RemoveFirst();
                next = head.Value;
            }
            else
            {
                _free++;
            }
        }

        next?.SetResult(true);
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource<bool>> place)
    {
        lock (_lock)
        {
            if (place.List is null)
            {
                return;
            }

            _queue.Remove(place);
        }

        place.Value.SetResult(false);
    }
}
