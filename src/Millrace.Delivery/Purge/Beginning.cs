namespace Millrace.Delivery.Purge;

/// <summary>
/// The moment at which an origin request began, in the clocks by which its answer can become void: the control stream's, that of invalidations
/// (RFC 9111 §4.4), which are this node's own, the monotonic one of the lease, and those of other nodes' feeds.
/// </summary>
/// <param name="Offset">The control offset that had been obeyed by then: a purge at it, or later, is news to the answer (DESIGN §9).</param>
/// <param name="Local">How many invalidations there had been.</param>
/// <param name="Timestamp">The injected clock's monotonic reading.</param>
/// <param name="Heard">What peers had said by then of the purges that they have obeyed; null for nothing.</param>
internal readonly record struct Beginning(long Offset, long Local, long Timestamp, HeardPurges? Heard = null)
{
    /// <summary>That of a response which an earlier process stored: of its clocks only the control stream's goes on.</summary>
    public static Beginning Restored(long offset) => new(offset, 0, PurgeTouch.Never);

    /// <summary>
    /// That of an answer which may be a shield's copy, compared with all purges known here when it came: it may have left its origin long before it was
    /// asked for, so nothing else that happened by then vouches for it.
    /// </summary>
    public Beginning ByShield() => this with { Timestamp = PurgeTouch.Never, Heard = null };
}
