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

    /// <summary>Says which snapshot has what the journal held at the start.</summary>
    internal void CaughtUp(FeatureSnapshot snapshot)
    {
        Volatile.Write(ref _awaited, snapshot.Epoch);
        _timer.Change(Longest, Timeout.InfiniteTimeSpan);
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
