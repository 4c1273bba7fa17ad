namespace Millrace.Delivery.Purge;

/// <summary>
/// The lease under which what is held may be trusted. Each look into the feed that reached its end renews it from the moment the look was <em>sent</em>
/// (DESIGN §9): every purge acknowledged before that has been obeyed, so one acknowledged at T is contradicted by nobody after T and the lease, cut off or not.
/// </summary>
internal sealed class PurgeTouch(TimeSpan lease, TimeProvider time)
{
    /// <summary>A timestamp before all others.</summary>
    public const long Never = long.MinValue;

    // Nobody follows a feed: whoever purges calls the plane itself, and nothing can be missed.
    private const long Always = long.MaxValue;

    private long _renewed = Always;

    public TimeSpan Lease => lease;

    /// <summary>From here on nothing is trusted until a renewal.</summary>
    public void Begin() => Interlocked.Exchange(ref _renewed, Never);

    /// <summary>All that was acknowledged before <paramref name="sent"/> has been obeyed.</summary>
    public void Renew(long sent) => Interlocked.Exchange(ref _renewed, sent);

    /// <summary>Whether a purge of something whose origin request began then can have been acknowledged, unheard, for longer than the lease.</summary>
    public bool IsUnverified(in Beginning began)
    {
        var since = Math.Max(Interlocked.Read(ref _renewed), began.Timestamp);
        return since != Always && (since == Never || time.GetElapsedTime(since) >= lease);
    }
}
