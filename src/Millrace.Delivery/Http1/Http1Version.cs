namespace Millrace.Delivery.Http1;

/// <summary>The versions of HTTP/1 that are spoken here.</summary>
internal static class Http1Version
{
    /// <summary>0 or 1, or -1 for anything else; the name has case (RFC 9112 §2.3).</summary>
    public static int Minor(ReadOnlySpan<byte> version) => version.SequenceEqual("HTTP/1.1"u8) ? 1 : version.SequenceEqual("HTTP/1.0"u8) ? 0 : -1;
}
