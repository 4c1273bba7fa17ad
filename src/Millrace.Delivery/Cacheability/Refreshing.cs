using System.Buffers.Text;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Cacheability;

/// <summary>What a 304, or a HEAD's 200, makes of the stored head that it speaks of (RFC 9111 §3.2, §4.3.4 and §4.3.5), as pure functions.</summary>
internal static class Refreshing
{
    /// <summary>
    /// Whether a 304 to our own conditional request speaks of the stored representation: its strong tag is ours, its weak one is weakly ours, its
    /// date is ours. One without validators does, for it may leave them out (RFC 9110 §15.4.5), and the request named one response only.
    /// </summary>
    public static bool Selects(ResponseHead stored, HeaderList notModified)
    {
        if (notModified.TryGet(FieldId.ETag, out var tag))
        {
            return stored.Headers.TryGet(FieldId.ETag, out var own) && (EntityTag.IsWeak(tag) ? EntityTag.MatchWeakly(tag, own) : tag.SequenceEqual(own));
        }

        return !notModified.TryGet(FieldId.LastModified, out var modified) || modified.SequenceEqual(stored.Headers.First(FieldId.LastModified));
    }

    /// <summary>
    /// Whether a HEAD's 200 describes the stored response (§4.3.5): the validators that it has are the copy's, and the length that it states is the body's.
    /// One that has neither describes what is stored, as the section has it.
    /// </summary>
    public static bool Describes(ResponseHead stored, long length, HeaderList head) =>
        stored.Status == 200
        && (!head.TryGet(FieldId.ETag, out var tag) || tag.SequenceEqual(stored.Headers.First(FieldId.ETag)))
        && (!head.TryGet(FieldId.LastModified, out var modified) || modified.SequenceEqual(stored.Headers.First(FieldId.LastModified)))
        && (!head.TryGet(FieldId.ContentLength, out var stated) || (Utf8Parser.TryParse(stated, out long bytes, out var used) && used == stated.Length && bytes == length));

    /// <summary>
    /// The head that the update leaves: the stored fields with the new ones in their place, and Vary, freshness and tags read anew. It holds all that the
    /// answer said, Set-Cookie too: the caller judges it as it would judge a full answer, and keeps it only if it may be stored.
    /// </summary>
    public static ResponseHead Refresh(ResponseHead stored, Route route, HeaderList update, HeaderList sent, Arrival arrival, Beginning began)
    {
        var headers = stored.Headers.Clone();
        headers.RemoveWhere(line => line.Id == FieldId.Date || (!IsOfTheBytes(line) && update.Contains(line.NameText)));
        foreach (var line in update)
        {
            if (!IsOfTheBytes(line))
            {
                headers.Add(line);
            }
        }

        return ResponseHead.Of(stored.Key, route, stored.Status, headers, sent, arrival, began);
    }

    /// <summary>
    /// Content-Length is excepted by §3.2; coding, range and digests describe the stored bytes, which the update did not bring, and the same section
    /// lets a cache leave out what its copy's integrity rests on. Content-Type is not among them: bytes are kept as they came.
    /// </summary>
    private static bool IsOfTheBytes(FieldLine line) =>
        line.Id is FieldId.ContentLength or FieldId.ContentEncoding or FieldId.ContentRange or FieldId.ContentMD5 or FieldId.ContentDigest or FieldId.ReprDigest
        || line.IsNamed("Digest"u8);
}
