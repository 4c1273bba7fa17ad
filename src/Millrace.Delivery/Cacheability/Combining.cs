using Millrace.Delivery.Freshness;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Cacheability;

/// <summary>What partial responses may be put together, and under which head (RFC 9111 §3.4, RFC 9110 §15.3.7.3), as pure functions.</summary>
internal static class Combining
{
    /// <summary>
    /// Whether two responses to requests for one resource carry bytes of one representation: they have the same strong validator. Nothing less will do,
    /// for bytes of two versions in one body are no version at all.
    /// </summary>
    /// <param name="stored">The fields of what is held.</param>
    /// <param name="partial">The fields of what came.</param>
    /// <param name="now">For dates with two-digit years.</param>
    public static bool AreOfOneRepresentation(HeaderList stored, HeaderList partial, DateTimeOffset now)
    {
        var tagged = stored.TryGet(FieldId.ETag, out var ours);
        if (tagged || partial.Contains(FieldId.ETag))
        {
            return tagged && EntityTag.MatchStrongly(ours, partial.First(FieldId.ETag));
        }

        return stored.TryGet(FieldId.LastModified, out var modified) && modified.SequenceEqual(partial.First(FieldId.LastModified)) && IsStrong(stored, now) && IsStrong(partial, now);
    }

    /// <summary>
    /// Whether a 206 is what it says it is: one range, of a representation whose length and coding are those that are held, and as many bytes as it
    /// states. Others go to their client as they came.
    /// </summary>
    public static bool Fits(ContentRange range, long? size, long? contentLength) =>
        range.Size is { } stated && (size is null || size == stated) && (contentLength is null || contentLength == range.Length);

    /// <summary>The combined head: the new response's fields in place of those of the same names that are held, but for what describes the part alone (§3.4).</summary>
    public static HeaderList Combine(HeaderList stored, HeaderList partial)
    {
        var headers = stored.Clone();
        headers.RemoveWhere(line => !IsOfThePart(line) && partial.Contains(line.NameText));
        foreach (var line in partial)
        {
            if (!IsOfThePart(line))
            {
                headers.Add(line);
            }
        }

        return headers;
    }

    /// <summary>The fields of a part: its range and length, and the digest of its bytes.</summary>
    private static bool IsOfThePart(FieldLine line) => line.Id is FieldId.ContentRange or FieldId.ContentLength or FieldId.ContentMD5 or FieldId.ContentDigest;

    /// <summary>RFC 9110 §8.8.2.2: a date is strong when the response was made a second or more after it.</summary>
    private static bool IsStrong(HeaderList headers, DateTimeOffset now) =>
        HttpDate.Parse(headers.First(FieldId.LastModified), now) is { } modified && HttpDate.Parse(headers.First(FieldId.Date), now) - modified >= TimeSpan.FromSeconds(1);
}
