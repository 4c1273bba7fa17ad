namespace Millrace.World;

/// <summary>What moves: it is drawn at each multiple of the drift's time, and goes evenly from one draw to the next.</summary>
internal static class Drifting
{
    /// <summary>Between which draws a time stands.</summary>
    /// <param name="drift">The time from one draw to the next; null never leaves the first.</param>
    /// <param name="time">From the world's start, not negative.</param>
    /// <returns>The number of the draw before, and how much of the way to the next is gone, in [0, 1).</returns>
    public static (long From, double Towards) At(TimeSpan? drift, TimeSpan time)
    {
        if (drift is not { } period)
        {
            return (0, 0);
        }

        var from = Math.DivRem(time.Ticks, period.Ticks, out var rest);
        return (from, (double)rest / period.Ticks);
    }
}
