using System.Diagnostics.CodeAnalysis;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Interim responses (RFC 9110 §15.2) on their way from a flight's origin to its leader, who alone may write to its connection. Those who wait along get
/// none: what the origin hinted at is most often on its way to them by then. Bounded by the origin client's MaxInterim.
/// </summary>
internal sealed class InterimRelay
{
    private readonly Lock _gate = new();
    private Queue<(int Status, HeaderList Fields)>? _waiting;
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when there is something to take.</summary>
    public Task Came
    {
        get
        {
            lock (_gate)
            {
                return _came.Task;
            }
        }
    }

    /// <summary>Gives one; the fields are copied.</summary>
    public ValueTask GiveAsync(int status, HeaderList fields)
    {
        lock (_gate)
        {
            (_waiting ??= new()).Enqueue((status, fields.Clone()));
            _came.TrySetResult();
        }

        return default;
    }

    /// <summary>Takes the next, if there is one.</summary>
    public bool TryTake(out int status, [NotNullWhen(true)] out HeaderList? fields)
    {
        lock (_gate)
        {
            (int Status, HeaderList Fields) next = default;
            var taken = _waiting?.TryDequeue(out next) == true;
            if (!taken && _came.Task.IsCompleted)
            {
                _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            (status, fields) = next;
            return taken;
        }
    }
}
