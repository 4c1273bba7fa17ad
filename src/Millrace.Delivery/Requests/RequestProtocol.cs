namespace Millrace.Delivery.Requests;

/// <summary>The version of HTTP that a client spoke.</summary>
internal enum RequestProtocol : byte
{
    Http11,
    Http10,
    Http2,
}

/// <summary>The versions' names in Via (RFC 9110 §7.6.3).</summary>
internal static class RequestProtocols
{
    public static ReadOnlySpan<byte> Wire(this RequestProtocol protocol) => protocol switch
    {
        RequestProtocol.Http10 => "1.0"u8,
        RequestProtocol.Http2 => "2"u8,
        _ => "1.1"u8,
    };
}
