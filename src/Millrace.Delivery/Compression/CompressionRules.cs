using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Compression;

/// <summary>What may be converted, and what the fields of a conversion are. Pure.</summary>
internal static class CompressionRules
{
    /// <summary>Whether an object may be sent in another coding than its own. All that may says so in Vary (<see cref="AddVary"/>), converted or not.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="headers">Its fields.</param>
    /// <param name="noTransform">Whether it says no-transform, where this cache reads its directives.</param>
    /// <param name="length">Its body's length as it is held.</param>
    /// <param name="options">The bounds.</param>
    public static CompressionReason Judge(int status, HeaderList headers, bool noTransform, long length, CompressionOptions options) =>
        Judge(status, headers, noTransform) is var reason and not CompressionReason.None ? reason
        : length < options.MinBytes || length > options.MaxBytes ? CompressionReason.Length
        : CompressionReason.None;

    /// <summary>Whether an object whose length may not be known yet could be sent in another coding.</summary>
    public static bool MayConvert(int status, HeaderList headers, bool noTransform) => Judge(status, headers, noTransform) == CompressionReason.None;

    private static CompressionReason Judge(int status, HeaderList headers, bool noTransform) =>
        status != 200 || headers.Contains(FieldId.ContentRange) ? CompressionReason.Status
        : noTransform || SaysNoTransform(headers) ? CompressionReason.NoTransform
        : CodingOf(headers) is null ? CompressionReason.Coding
        : headers.Contains(FieldId.ContentMD5) || headers.Contains(FieldId.ContentDigest) || headers.Contains(FieldId.ReprDigest) || headers.Contains("Digest")
            ? CompressionReason.Digest
        : !IsCompressible(headers.First(FieldId.ContentType)) ? CompressionReason.MediaType
        : CompressionReason.None;

    /// <summary>Whether a request or response says no-transform in its Cache-Control.</summary>
    public static bool SaysNoTransform(HeaderList headers)
    {
        foreach (var member in headers.Members(FieldId.CacheControl))
        {
            if (Directive.Parse(member).Is("no-transform"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The coding in which the body is; null for one that is not understood and for several one upon another.</summary>
    public static ContentCoding? CodingOf(HeaderList headers)
    {
        ContentCoding? coding = ContentCoding.Identity;
        foreach (var member in headers.Members(FieldId.ContentEncoding))
        {
            if (coding != ContentCoding.Identity)
            {
                return null;
            }

            coding = ContentCodings.Of(member);
        }

        return coding;
    }

    /// <summary>Whether bodies of a media type come out shorter: texts, and what is text at heart. A stream of events is not held back to be compressed.</summary>
    public static bool IsCompressible(ReadOnlySpan<byte> contentType)
    {
        var semicolon = contentType.IndexOf((byte)';');
        var type = Syntax.TrimWhiteSpace(semicolon < 0 ? contentType : contentType[..semicolon]);
        Span<byte> lower = stackalloc byte[64];
        if (type.Length > lower.Length)
        {
            return false;
        }

        Ascii.ToLower(type, lower, out var length);
        lower = lower[..length];
        return lower.StartsWith("text/"u8) ? !lower.SequenceEqual("text/event-stream"u8)
            : lower.EndsWith("+json"u8) || lower.EndsWith("+xml"u8) || lower.EndsWith("+text"u8)
            || lower.SequenceEqual("application/json"u8) || lower.SequenceEqual("application/javascript"u8) || lower.SequenceEqual("application/x-javascript"u8)
            || lower.SequenceEqual("application/xml"u8) || lower.SequenceEqual("application/wasm"u8) || lower.SequenceEqual("application/x-ndjson"u8)
            || lower.SequenceEqual("application/vnd.ms-fontobject"u8) || lower.SequenceEqual("font/ttf"u8) || lower.SequenceEqual("font/otf"u8)
            || lower.SequenceEqual("image/bmp"u8) || lower.SequenceEqual("image/x-icon"u8);
    }

    /// <summary>
    /// Makes an object's fields those of its conversion. Its entity tag is weak: the bytes are others, the meaning is the same (RFC 9110 §8.8.1), so
    /// If-None-Match finds it and If-Range and If-Match do not. Ranges would be of other bytes than those of the object as held, so none are offered.
    /// </summary>
    public static void Convert(HeaderList fields, ContentCoding coding)
    {
        fields.Remove(FieldId.ContentLength);
        fields.Remove(FieldId.AcceptRanges);
        fields.Remove(FieldId.ContentEncoding);
        if (coding != ContentCoding.Identity)
        {
            fields.Add(FieldId.ContentEncoding, coding.Wire());
        }

        if (fields.TryGet(FieldId.ETag, out var tag) && !EntityTag.IsWeak(tag))
        {
            Span<byte> weak = tag.Length <= 256 ? stackalloc byte[tag.Length + 2] : new byte[tag.Length + 2];
            "W/"u8.CopyTo(weak);
            tag.CopyTo(weak[2..]);
            fields.Set(FieldId.ETag, weak);
        }
    }

    /// <summary>Says that another request may get another coding (RFC 9110 §12.5.5).</summary>
    public static void AddVary(HeaderList fields)
    {
        if (!fields.Members(FieldId.Vary).Contains("*"u8) && !fields.Members(FieldId.Vary).Contains("accept-encoding"u8))
        {
            fields.Add(FieldId.Vary, "Accept-Encoding"u8);
        }
    }
}
