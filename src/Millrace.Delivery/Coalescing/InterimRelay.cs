using System.Diagnostics.CodeAnalysis;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Interim responses (RFC 9110 §15.2) on their way from a flight's origin to all who wait for its head. All are kept until then, so that each waiter takes
/// every one at the pace of its own connection and holds up nobody. Bounded by the origin client's MaxInterim.
/// </summary>
internal sealed class InterimRelay
{
    private readonly Lock _gate = new();
    private List<(int Status, HeaderList Fields)>? _given;
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives one; the fields are copied.</summary>
    public ValueTask GiveAsync(int status, HeaderList fields)
    {
        lock (_gate)
        {
            (_given ??= []).Add((status, fields.Clone()));
            _came.TrySetResult();
            _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return default;
    }

    /// <summary>The one behind those that the caller has taken, if it has come; else a task that ends when it has.</summary>
    public bool TryGet(int taken, out int status, [NotNullWhen(true)] out HeaderList? fields, out Task came)
    {
        lock (_gate)
        {
            came = _came.Task;
            if (_given is null || taken == _given.Count)
            {
                (status, fields) = (0, null);
                return false;
            }

            (status, fields) = _given[taken];
            return true;
        }
    }
}
