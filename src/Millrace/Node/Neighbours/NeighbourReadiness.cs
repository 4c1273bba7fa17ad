using Millrace.Features.Online;

namespace Millrace.Node.Neighbours;

/// <summary>
/// Keeps traffic away from a node that has begun until the indexes hold what its features do: until then each decision by neighbours scans what its time allows. Not for longer
/// than <see cref="Longest"/>, and not when an index has failed: it answers worse, and it answers.
/// </summary>
internal sealed class NeighbourReadiness : IDisposable
{
    /// <summary>Ten million items of 64 dimensions took 226 s of a processor.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Readiness _readiness;
    private readonly ITimer _timer;
    private long _awaited = long.MaxValue;
    private bool _isBound;

    /// <param name="readiness">The node's.</param>
    /// <param name="clock">Ends the longest wait.</param>
    /// <param name="isWanted">Whether any policy looks for neighbours.</param>
    internal NeighbourReadiness(Readiness readiness, TimeProvider clock, bool isWanted)
    {
        _readiness = readiness;
        _timer = clock.CreateTimer(static readiness => Release((Readiness)readiness!), readiness, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (isWanted)
        {
            readiness.Hold(UnreadyReason.NeighboursBuilding);
        }
    }

    /// <summary>Says that what the journal held at the start is folded; said again when it failed. One caller at a time.</summary>
    /// <param name="snapshot">Gives the one that has it.</param>
    internal void CaughtUp(Func<FeatureSnapshot> snapshot)
    {
        // Before what may fail, and once: each further try would put the end off.
        if (!_isBound)
        {
            _isBound = true;
            _timer.Change(Longest, Timeout.InfiniteTimeSpan);
        }

        Volatile.Write(ref _awaited, snapshot().Epoch);
    }

    /// <summary>Says what the indexes hold; null when they failed.</summary>
    internal void Followed(FeatureSnapshot? snapshot)
    {
        if (snapshot is null || snapshot.Epoch >= Volatile.Read(ref _awaited))
        {
            Release(_readiness);
        }
    }

    public void Dispose() => _timer.Dispose();

    private static void Release(Readiness readiness) => readiness.Release(UnreadyReason.NeighboursBuilding);
}
