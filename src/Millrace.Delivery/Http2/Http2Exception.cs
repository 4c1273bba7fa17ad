namespace Millrace.Delivery.Http2;

/// <summary>A connection error (RFC 9113 §5.4.1): nothing after it can be understood. Stream errors, which a peer may cause at will, are no exceptions.</summary>
internal sealed class Http2Exception(Http2Error error, string message) : Exception(message)
{
    /// <summary>What the GOAWAY says.</summary>
    public Http2Error Error { get; } = error;
}
