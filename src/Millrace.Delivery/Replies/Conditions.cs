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

        if (request.CountOf(FieldId.IfModifiedSince) != 1)
        {
            return false;
        }

        var since = HttpDate.Parse(request.First(FieldId.IfModifiedSince), now);
        return since is not null && (HttpDate.Parse(response.First(FieldId.LastModified), now) ?? HttpDate.Parse(response.First(FieldId.Date), now)) <= since;
    }

    /// <summary>Whether a Range applies to this representation: no If-Range, or one that matches strongly (RFC 9110 §13.1.5).</summary>
    public static bool RangeApplies(HeaderList request, ResponseHead head, DateTimeOffset now)
    {
        if (!request.TryGet(FieldId.IfRange, out var condition))
        {
            return true;
        }

        if (condition.IndexOf((byte)'"') >= 0)
        {
            return EntityTag.MatchStrongly(condition, head.Headers.First(FieldId.ETag));
        }

        // A date is strong only when the response was made a second or more after it (§8.8.2.2): within one second a file may change twice.
        var modified = head.Headers.First(FieldId.LastModified);
        return condition.SequenceEqual(modified) && HttpDate.Parse(modified, now) is { } date
            && HttpDate.Parse(head.Headers.First(FieldId.Date), now) - date >= TimeSpan.FromSeconds(1);
    }

    private static bool HoldsWeakly(FieldMembers tags, ReadOnlySpan<byte> own)
    {
        foreach (var tag in tags)
        {
            if (tag.SequenceEqual("*"u8) || EntityTag.MatchWeakly(tag, own))
            {
                return true;
            }
        }

        return false;
    }
}
