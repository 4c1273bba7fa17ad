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

        if (request.Combined("If-None-Match") is { } tags)
        {
            return tags.Trim() == "*" || (response.First("ETag") is { } own && HoldsWeakly(tags, own));
        }

        var since = HttpDate.Parse(request.First("If-Modified-Since"), now);
        return since is not null && (HttpDate.Parse(response.First("Last-Modified"), now) ?? HttpDate.Parse(response.First("Date"), now)) <= since;
    }

    /// <summary>Whether a Range applies to this representation: no If-Range, or one that matches strongly.</summary>
    public static bool RangeApplies(HeaderList request, ResponseHead head)
    {
        var condition = request.First("If-Range");
        return condition is null
            || (condition.StartsWith('"') && condition == head.ETag)
            || (!condition.Contains('"', StringComparison.Ordinal) && condition == head.LastModified);
    }

    private static bool HoldsWeakly(string tags, string own)
    {
        var members = new FieldList(tags);
        while (members.MoveNext())
        {
            if (Opaque(members.Current).SequenceEqual(Opaque(own)))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Opaque(ReadOnlySpan<char> tag) => tag.StartsWith("W/") ? tag[2..] : tag;
}
