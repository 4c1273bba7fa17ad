using Millrace.Delivery.Freshness;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Preconditions that a cache answers itself (RFC 9110 §13, RFC 9111 §4.3.2).</summary>
internal static class Conditions
{
    /// <summary>Whether the client's copy is as good as ours. If-None-Match, compared weakly, comes before If-Modified-Since.</summary>
    public static bool IsNotModified(HeaderList request, int status, HeaderList response, DateTimeOffset now)
    {
        if (status != 200)
        {
            return false;
        }

        if (request.Contains(FieldId.IfNoneMatch))
        {
            return HoldsWeakly(request.Members(FieldId.IfNoneMatch), response.First(FieldId.ETag));
        }

        var since = HttpDate.Parse(request.First(FieldId.IfModifiedSince), now);
        return since is not null && (HttpDate.Parse(response.First(FieldId.LastModified), now) ?? HttpDate.Parse(response.First(FieldId.Date), now)) <= since;
    }

    /// <summary>Whether a Range applies to this representation: no If-Range, or one that matches strongly.</summary>
    public static bool RangeApplies(HeaderList request, ResponseHead head)
    {
        var condition = request.First("If-Range");
        return condition is null
            || (condition.StartsWith('"') && condition == head.ETag)
            || (!condition.Contains('"', StringComparison.Ordinal) && condition == head.LastModified);
    }

    private static bool HoldsWeakly(FieldMembers tags, ReadOnlySpan<byte> own)
    {
        foreach (var tag in tags)
        {
            if (tag.SequenceEqual("*"u8) || (!own.IsEmpty && Opaque(tag).SequenceEqual(Opaque(own))))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> tag) => tag.StartsWith("W/"u8) ? tag[2..] : tag;
}
