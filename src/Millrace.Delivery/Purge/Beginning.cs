namespace Millrace.Delivery.Purge;

/// <summary>
/// The moment at which an origin request began, in the three clocks by which its answer can become void: the control stream's, that of invalidations
/// (RFC 9111 §4.4), which are this node's own, and the monotonic one of the lease.
/// </summary>
/// <param name="Offset">The control offset that had been obeyed by then: a purge at it, or later, is news to the answer (DESIGN §9).</param>
/// <param name="Local">How many invalidations there had been.</param>
/// <param name="Timestamp">The injected clock's monotonic reading.</param>
internal readonly record struct Beginning(long Offset, long Local, long Timestamp)
{
    /// <summary>That of a response which an earlier process stored: of its clocks only the control stream's goes on.</summary>
    public static Beginning Restored(long offset) => new(offset, 0, PurgeTouch.Never);
}
