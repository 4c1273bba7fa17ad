namespace Millrace.World;

/// <summary>
/// How a late body is punished: whoever waits longer for its first byte clicks less and stays less. The share that remains is
/// 1 / (1 + (wait ÷ tolerance)²): nearly all at once, half at the tolerance, little after three times as long; strictly falling.
/// </summary>
public sealed record Patience
{
    /// <summary>The wait at which half of the clicks are lost; a slow page on a good connection.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The share of clicks that survives the wait, in 0..1; a body that never came keeps none.</summary>
    /// <param name="timeToFirstByte">The wait; null when no body came.</param>
    public double Share(TimeSpan? timeToFirstByte)
    {
        if (timeToFirstByte is not { } wait)
        {
            return 0;
        }

        var ratio = Math.Max(0, wait / Tolerance);
        return 1 / (1 + ratio * ratio);
    }
}
