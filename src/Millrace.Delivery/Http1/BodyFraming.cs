using System.Buffers.Text;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>How the end of a body is known.</summary>
internal enum BodyKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>By its length.</summary>
    Length,

    /// <summary>By its last chunk.</summary>
    Chunked,

    /// <summary>By the end of the connection; responses only.</summary>
    UntilClose,
}

/// <summary>The body that follows a head (RFC 9112 §6.3).</summary>
/// <param name="Kind">How its end is known.</param>
/// <param name="Length">In bytes, when it is known by its length.</param>
internal readonly record struct BodyFraming(BodyKind Kind, long Length)
{
    /// <summary>The longest length that is read: more than any body, and far from overflow.</summary>
    private const int MaxLengthDigits = 18;

    /// <summary>
    /// A request's: one Content-Length line of digits alone, or one Transfer-Encoding line that says chunked alone, or nothing. Equal duplicates, which the
    /// RFC lets a recipient take for one, are refused: a recipient further on might take the other.
    /// </summary>
    public static HeadFault OfRequest(HeaderList fields, int minor, out BodyFraming framing)
    {
        framing = default;
        if (fields.Contains(FieldId.TransferEncoding))
        {
            if (minor == 0 || fields.Contains(FieldId.ContentLength) || fields.CountOf(FieldId.TransferEncoding) > 1)
            {
                return HeadFault.TransferEncoding;
            }

            var coding = fields.First(FieldId.TransferEncoding);
            framing = new BodyFraming(BodyKind.Chunked, 0);
            return Ascii.EqualsIgnoreCase(coding, "chunked"u8) ? HeadFault.None : Syntax.IsToken(coding) ? HeadFault.TransferCoding : HeadFault.TransferEncoding;
        }

        if (!fields.Contains(FieldId.ContentLength))
        {
            return HeadFault.None;
        }

        if (fields.CountOf(FieldId.ContentLength) > 1 || ParseLength(fields.First(FieldId.ContentLength)) is not (>= 0 and var length))
        {
            return HeadFault.ContentLength;
        }

        framing = length == 0 ? default : new BodyFraming(BodyKind.Length, length);
        return HeadFault.None;
    }

    /// <summary>
    /// A response's. A proxy's duty to go on (RFC 9112 §6.3) makes it milder than a request's: a length beside chunked is ignored, and the caller removes it;
    /// equal lengths count once. A coding that nobody has defined ends with the connection, as all but chunked do; one that we would have to undo is refused.
    /// </summary>
    /// <param name="fields">The response's fields.</param>
    /// <param name="minor">Its minor version.</param>
    /// <param name="status">Its status.</param>
    /// <param name="toHead">Whether it answers HEAD.</param>
    /// <param name="framing">How its body ends.</param>
    public static HeadFault OfResponse(HeaderList fields, int minor, int status, bool toHead, out BodyFraming framing)
    {
        framing = default;
        if (toHead || status is < 200 or 204 or 304)
        {
            return HeadFault.None;
        }

        if (fields.Contains(FieldId.TransferEncoding))
        {
            var coding = fields.First(FieldId.TransferEncoding);
            var isChunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            framing = new BodyFraming(isChunked ? BodyKind.Chunked : BodyKind.UntilClose, 0);
            return minor == 0 || fields.CountOf(FieldId.TransferEncoding) > 1 ? HeadFault.TransferEncoding
                : isChunked || (Syntax.IsToken(coding) && !IsCompression(coding)) ? HeadFault.None
                : HeadFault.TransferCoding;
        }

        if (!fields.Contains(FieldId.ContentLength))
        {
            framing = new BodyFraming(BodyKind.UntilClose, 0);
            return HeadFault.None;
        }

        long? length = null;
        foreach (var member in fields.Members(FieldId.ContentLength))
        {
            var one = ParseLength(member);
            if (one < 0 || (length is { } before && before != one))
            {
                return HeadFault.ContentLength;
            }

            length = one;
        }

        if (length is null)
        {
            return HeadFault.ContentLength;
        }

        framing = new BodyFraming(BodyKind.Length, length.Value);
        return HeadFault.None;
    }

    /// <summary>The codings of RFC 9112 §7.2, which we never ask for.</summary>
    private static bool IsCompression(ReadOnlySpan<byte> coding)
    {
        var name = coding.StartsWith("x-"u8) || coding.StartsWith("X-"u8) ? coding[2..] : coding;
        return Ascii.EqualsIgnoreCase(name, "gzip"u8) || Ascii.EqualsIgnoreCase(name, "compress"u8) || Ascii.EqualsIgnoreCase(name, "deflate"u8);
    }

    /// <summary>1*DIGIT, or -1.</summary>
    private static long ParseLength(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= MaxLengthDigits && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(text, out long length, out _) ? length : -1;
}
