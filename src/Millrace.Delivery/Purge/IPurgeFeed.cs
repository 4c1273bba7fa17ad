namespace Millrace.Delivery.Purge;

/// <summary>Where purges come from: one order, counted from 0 without end. The plane follows it, and obeys in that order.</summary>
public interface IPurgeFeed
{
    /// <summary>
    /// An HTTP token of at most 64 characters that tells this feed from others, also after a restart: nodes that follow feeds of one name compare their
    /// offsets.
    /// </summary>
    string Name { get; }

    /// <summary>One past the last offset that was acknowledged.</summary>
    /// <exception cref="Exception">The feed cannot be read now.</exception>
    ValueTask<long> EndAsync(CancellationToken cancellation);

    /// <summary>
    /// What there is from an offset on, at once. The answer misses nothing that was acknowledged before it was asked for, up to its end: the plane's lease
    /// is renewed from the moment of asking.
    /// </summary>
    /// <param name="from">The first offset wanted.</param>
    /// <param name="max">At most so many purges.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Exception">The feed cannot be read now.</exception>
    ValueTask<PurgeBatch> ReadAsync(long from, int max, CancellationToken cancellation);

    /// <summary>Completes when there may be something at an offset or past it, or after about <paramref name="patience"/>.</summary>
    /// <exception cref="Exception">The feed cannot be read now.</exception>
    ValueTask WaitAsync(long from, TimeSpan patience, CancellationToken cancellation);
}

/// <summary>A purge at its place in the feed.</summary>
/// <param name="Offset">Its place.</param>
/// <param name="Request">What it names.</param>
public readonly record struct PurgeOrder(long Offset, PurgeRequest Request);

/// <summary>What a look into the feed brought.</summary>
/// <param name="Orders">Purges, in order.</param>
/// <param name="Next">The offset to ask for next: one past the last that was looked at.</param>
/// <param name="IsWhole">Whether that was the feed's end.</param>
public sealed record PurgeBatch(IReadOnlyList<PurgeOrder> Orders, long Next, bool IsWhole);
