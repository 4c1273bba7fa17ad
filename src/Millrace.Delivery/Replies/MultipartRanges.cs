using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Millrace.Delivery.Replies;

/// <summary>The frame of a multipart/byteranges body (RFC 9110 §14.6): what stands before each range and behind the last, and how long all is.</summary>
internal sealed class MultipartRanges
{
    private readonly byte[][] _heads;
    private readonly byte[] _end;

    /// <param name="ranges">Two or more ranges.</param>
    /// <param name="size">The representation's length in bytes.</param>
    /// <param name="contentType">Its media type; empty when it has none.</param>
    /// <param name="seed">What tells this object from others: the boundary is drawn from it.</param>
    public MultipartRanges(ReadOnlySpan<ByteRange> ranges, long size, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> seed)
    {
        var boundary = Convert.ToHexStringLower(XxHash128.Hash(seed, ranges.Length));
        ContentType = $"multipart/byteranges; boundary={boundary}";
        _heads = new byte[ranges.Length][];
        var type = contentType.IsEmpty ? "" : $"Content-Type: {Encoding.Latin1.GetString(contentType)}\r\n";
        for (var i = 0; i < ranges.Length; i++)
        {
            var head = string.Create(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\n{type}Content-Range: bytes {ranges[i].First}-{ranges[i].End - 1}/{size}\r\n\r\n");
            _heads[i] = Encoding.Latin1.GetBytes(i == 0 ? head[2..] : head);
            Length += _heads[i].Length + ranges[i].Length;
        }

        _end = Encoding.Latin1.GetBytes($"\r\n--{boundary}--\r\n");
        Length += _end.Length;
    }

    public string ContentType { get; }

    /// <summary>The body's length in bytes, ranges included.</summary>
    public long Length { get; }

    public ReadOnlyMemory<byte> End => _end;

    /// <summary>What stands before a range.</summary>
    public ReadOnlyMemory<byte> Before(int range) => _heads[range];
}
