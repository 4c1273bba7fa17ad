namespace Millrace.World.Run;

/// <summary>Quantiles of the last durations; exact over what is kept. Not safe for concurrent callers.</summary>
internal sealed class RecentLatencies
{
    /// <summary>Enough that ten samples lie above the 99th percentile.</summary>
    private const int Kept = 1024;

    private readonly TimeSpan[] _ring = new TimeSpan[Kept];
    private long _count;

    public void Add(TimeSpan took) => _ring[_count++ % Kept] = took;

    /// <summary>The durations at these fractions (0..1); zero when nothing was added.</summary>
    public TimeSpan[] At(params ReadOnlySpan<double> fractions)
    {
        var sorted = _ring[..(int)Math.Min(_count, Kept)];
        Array.Sort(sorted);
        var found = new TimeSpan[fractions.Length];
        for (var i = 0; i < found.Length && sorted.Length > 0; i++)
        {
            found[i] = sorted[(int)(fractions[i] * (sorted.Length - 1))];
        }

        return found;
    }
}
