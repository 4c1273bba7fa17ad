namespace Millrace.Node.Skew;

/// <summary>Keeps work in the background to a share of one core: after each few milliseconds of it, it rests for as long as that takes.</summary>
/// <param name="clock">The clock.</param>
/// <param name="share">Above 0, at most 1.</param>
internal sealed class Resting(TimeProvider clock, double share)
{
    // As long as a batch of facts takes: others wait no longer for the core.
    private static readonly TimeSpan Stint = TimeSpan.FromMilliseconds(5);

    // Longer was no work: it waited for the journal to grow.
    private static readonly TimeSpan LongestStint = TimeSpan.FromMilliseconds(20);

    private long _since = clock.GetTimestamp();

    public async ValueTask RestAsync(CancellationToken cancellation)
    {
        var worked = clock.GetElapsedTime(_since);
        if (worked < Stint)
        {
            return;
        }

        if (share < 1)
        {
            await Task.Delay((worked < LongestStint ? worked : LongestStint) * ((1 / share) - 1), clock, cancellation);
        }
        else
        {
            await Task.Yield();
        }

        _since = clock.GetTimestamp();
    }
}
