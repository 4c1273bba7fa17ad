using Millrace.Delivery.Freshness;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Cacheability;

/// <summary>What a 304 makes of the stored head that it validates (RFC 9111 §3.2 and §4.3.4), as pure functions.</summary>
internal static class Refreshing
{
    /// <summary>Fields that describe the stored bytes, which a 304 did not bring.</summary>
    private static readonly HashSet<string> OfTheBytes = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Encoding", "Content-Length", "Content-MD5", "Content-Range", "Content-Type", "Content-Digest", "Repr-Digest", "Digest",
    };

    /// <summary>Whether the 304 speaks of the stored representation: its strong tag is ours, its weak one is weakly ours, its date is ours.</summary>
    public static bool Selects(ResponseHead stored, HeaderList notModified)
    {
        if (notModified.First("ETag") is { } tag)
        {
            return stored.ETag is { } own && (IsWeak(tag) ? Opaque(tag).SequenceEqual(Opaque(own)) : tag == own);
        }

        return notModified.First("Last-Modified") is not { } modified || modified == stored.LastModified;
    }

    /// <summary>
    /// The head that the 304 leaves: the stored fields with the 304's in their place, and Vary, freshness and tags read anew. It holds all that the
    /// 304 said, Set-Cookie too: the caller judges it as it would judge a full answer, and keeps it only if it may be stored.
    /// </summary>
    public static ResponseHead Refresh(ResponseHead stored, HeaderList notModified, HeaderList sent, Arrival arrival, Beginning began)
    {
        var headers = stored.Headers.Clone();
        headers.RemoveWhere(line => line.Id == FieldId.Date || (Updates(line.NameText) && notModified.Contains(line.NameText)));
        foreach (var line in notModified)
        {
            if (Updates(line.NameText))
            {
                headers.Add(line);
            }
        }

        return ResponseHead.Of(stored.Key, stored.Route, stored.Status, headers, sent, arrival, began);
    }

    private static bool Updates(string name) => !OfTheBytes.Contains(name);

    private static bool IsWeak(string tag) => tag.StartsWith("W/", StringComparison.Ordinal);

    private static ReadOnlySpan<char> Opaque(string tag) => IsWeak(tag) ? tag.AsSpan(2) : tag;
}
