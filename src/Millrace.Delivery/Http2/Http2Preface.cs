using System.Buffers;

namespace Millrace.Delivery.Http2;

/// <summary>What a client begins HTTP/2 with (RFC 9113 §3.4).</summary>
internal static class Http2Preface
{
    public const int Bytes = 24;

    private static ReadOnlySpan<byte> Text => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Whether it begins with the preface; null while it may. The first bytes of most requests tell.</summary>
    public static bool? Begins(in ReadOnlySequence<byte> received)
    {
        Span<byte> first = stackalloc byte[Bytes];
        var length = (int)Math.Min(received.Length, Bytes);
        received.Slice(0, length).CopyTo(first);
        return !Text.StartsWith(first[..length]) ? false : length == Bytes ? true : null;
    }
}
