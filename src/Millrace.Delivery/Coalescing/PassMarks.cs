using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Keys lately found unshareable, so that their requests do not queue behind one another ("hit-for-miss"). What the answer itself forbids marks
/// the key for all; a refusal that came of the request's cookies marks it for requests with cookies; what came of its Authorization, of an error
/// or of full memory marks nothing.
/// </summary>
internal sealed class PassMarks(TimeSpan lasting, TimeProvider time)
{
    private readonly KeyMemo<DeliveryReason> _marks = new(lasting, time);

    /// <summary>Marks a key; <see cref="DeliveryReason.None"/> when its responses may be stored, and only not be shared while they arrive.</summary>
    public void Set(CacheKey key, DeliveryReason reason)
    {
        if (reason is not (DeliveryReason.Authorization or DeliveryReason.OriginError or DeliveryReason.NoRoom))
        {
            _marks.Set(Name(key.Hash, reason == DeliveryReason.Cookie), reason);
        }
    }

    /// <summary>The answer to these fields may be shared: what was said of such requests is over.</summary>
    public void Clear(CacheKey key, HeaderList request)
    {
        _marks.Clear(Name(key.Hash, false));
        if (request.Contains(FieldId.Cookie))
        {
            _marks.Clear(Name(key.Hash, true));
        }
    }

    /// <summary>Why the request must not share, or null when it may.</summary>
    public DeliveryReason? Find(UInt128 key, HeaderList request) =>
        _marks.TryGet(Name(key, false), out var reason) || (request.Contains(FieldId.Cookie) && _marks.TryGet(Name(key, true), out reason)) ? reason : null;

    private static UInt128 Name(UInt128 key, bool withCookies) => withCookies ? ~key : key;
}
