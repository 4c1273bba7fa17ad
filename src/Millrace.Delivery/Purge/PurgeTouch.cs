namespace Millrace.Delivery.Purge;

/// <summary>
/// Whether purges reach this plane. Out of touch for longer than the lease, what was validated before it may have been voided unheard, so it counts as
/// unverified (DESIGN §2); back in touch, every purge that was missed has been obeyed first.
/// </summary>
internal sealed class PurgeTouch(TimeSpan lease, TimeProvider time)
{
    private const long InTouch = long.MinValue;

    private long _lostAt = InTouch;

    public void Lost() => Interlocked.CompareExchange(ref _lostAt, time.GetTimestamp(), InTouch);

    public void Regained() => Interlocked.Exchange(ref _lostAt, InTouch);

    /// <summary>Whether a purge of something that came at <paramref name="receivedTimestamp"/> can have been missed for longer than the lease.</summary>
    public bool IsUnverified(long receivedTimestamp)
    {
        var lostAt = Interlocked.Read(ref _lostAt);
        return lostAt != InTouch && time.GetElapsedTime(Math.Max(lostAt, receivedTimestamp)) >= lease;
    }
}
