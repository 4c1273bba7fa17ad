namespace Millrace.Delivery.Http1;

/// <summary>Why a head is refused: one closed set for requests, responses and trailers.</summary>
internal enum HeadFault
{
    None,

    /// <summary>A line ends in LF without CR (RFC 9112 §2.2 lets a recipient accept it; two recipients that differ make a smuggled request).</summary>
    BareLineFeed,

    /// <summary>The start line is not one.</summary>
    StartLine,

    /// <summary>The method is no token, or one that differs from a known method in case alone.</summary>
    Method,

    /// <summary>TRACE or CONNECT.</summary>
    MethodRefused,

    /// <summary>The target has forbidden bytes, dot segments, or a form that is not served here.</summary>
    Target,

    /// <summary>Not HTTP/1.0 or HTTP/1.1.</summary>
    Version,

    /// <summary>A field name is no token, is followed by whitespace, or the line is folded (RFC 9112 §5.1, §5.2).</summary>
    FieldName,

    /// <summary>A control character in a field value (RFC 9110 §5.5).</summary>
    FieldValue,

    /// <summary>No Host, several, or an invalid one (RFC 9112 §3.2).</summary>
    Host,

    /// <summary>Connection names a field that others frame or route by.</summary>
    Connection,

    /// <summary>Content-Length is no single number.</summary>
    ContentLength,

    /// <summary>Transfer-Encoding is not one "chunked", stands beside Content-Length, or on HTTP/1.0 (RFC 9112 §6.1).</summary>
    TransferEncoding,

    /// <summary>A transfer coding other than chunked.</summary>
    TransferCoding,

    /// <summary>An expectation other than 100-continue (RFC 9110 §10.1.1).</summary>
    Expectation,

    /// <summary>The start line alone passes the bound of the head.</summary>
    StartLineTooLong,

    /// <summary>The head passes its bound in bytes.</summary>
    HeadTooLarge,

    /// <summary>More field lines than the bound.</summary>
    TooManyFields,
}

/// <summary>How far a head has been read.</summary>
internal enum HeadProgress
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    Refused,
}
