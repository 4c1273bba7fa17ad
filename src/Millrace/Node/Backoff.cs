namespace Millrace.Node;

/// <summary>When to try again what failed: waits that double up to a bound. One user's own, not thread-safe.</summary>
/// <param name="clock">Measures the waits.</param>
/// <param name="first">After the first failure.</param>
/// <param name="most">Never longer.</param>
internal sealed class Backoff(TimeProvider clock, TimeSpan first, TimeSpan most)
{
    private TimeSpan _wait;
    private long _failed;

    /// <summary>Whether nothing has failed since the last success.</summary>
    public bool IsClear => _wait == TimeSpan.Zero;

    /// <summary>Whether the wait is over, or nothing has failed.</summary>
    public bool IsDue => _wait == TimeSpan.Zero || clock.GetElapsedTime(_failed) >= _wait;

    public void Fail()
    {
        _wait = _wait == TimeSpan.Zero ? first : TimeSpan.FromTicks(Math.Min(_wait.Ticks * 2, most.Ticks));
        _failed = clock.GetTimestamp();
    }

    /// <summary>Forgets the failures.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Succeed()
    {
        var failing = _wait != TimeSpan.Zero;
        _wait = TimeSpan.Zero;
        return failing;
    }
}
