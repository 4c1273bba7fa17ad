using System.Threading.Tasks.Sources;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Has a connection's reader wait until the client has taken enough of what waits for it. One wait at a time.</summary>
internal sealed class Http2Room : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _given;

    /// <summary>How few bytes are waited for; null when nobody waits.</summary>
    public int? Below { get; private set; }

    /// <summary>Begins to wait.</summary>
    public ValueTask WaitAsync(int below)
    {
        _given.Reset();
        Below = below;
        return new ValueTask(this, _given.Version);
    }

    /// <summary>Nobody waits from now on: the caller then calls <see cref="Give"/>, outside any lock.</summary>
    public void End() => Below = null;

    /// <summary>Lets the one who waited go.</summary>
    public void Give(IOException? fault)
    {
        if (fault is null)
        {
            _given.SetResult(true);
        }
        else
        {
            _given.SetException(fault);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _given.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _given.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _given.GetResult(token);
}
