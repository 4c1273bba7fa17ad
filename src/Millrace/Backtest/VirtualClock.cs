using Millrace.Journal;

namespace Millrace.Backtest;

/// <summary>A clock that stands where the log stands. It makes no timers: nothing in a replay waits.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    /// <summary>Moves to <paramref name="time"/>; never backwards.</summary>
    public void MoveTo(UnixMicros time)
    {
        var to = time.ToDateTimeOffset();
        _now = to > _now ? to : _now;
    }
}
