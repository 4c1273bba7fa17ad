namespace Millrace.Delivery.Http1;

/// <summary>What a refused request's sender and its operator are told of the rule that was broken. Nothing of the request is in it.</summary>
internal static class HeadFaultText
{
    private static readonly string[] Words = Array.ConvertAll(Enum.GetNames<HeadFault>(), static name => char.ToLowerInvariant(name[0]) + name[1..]);

    /// <summary>The fault in camelCase, as the access log has it.</summary>
    public static string Wire(this HeadFault fault) => Words[(int)fault];

    /// <summary>The rule in a sentence, or null where there is none to tell.</summary>
    public static string? Rule(this HeadFault fault) => fault switch
    {
        HeadFault.None => null,
        HeadFault.BareLineFeed => "Each line of the head must end in CR LF (RFC 9112 section 2.2).",
        HeadFault.StartLine => "The request line must be method, target and version with one space between (RFC 9112 section 3).",
        HeadFault.Method => "The method must be a token, and a known one in upper case (RFC 9110 section 9.1).",
        HeadFault.MethodRefused => "TRACE and CONNECT are not served.",
        HeadFault.Target => "The target must be a path, or an absolute URL of this listener's scheme, of printable ASCII without '#', '\\', dot segments and broken escapes (RFC 9112 section 3.2).",
        HeadFault.Version => "The version must be HTTP/1.0, HTTP/1.1 or HTTP/2.",
        HeadFault.FieldName => "A field's name must be a token right before its colon, on a line of its own (RFC 9112 section 5.1).",
        HeadFault.FieldValue => "A field's value must not have control characters (RFC 9110 section 5.5).",
        HeadFault.Host => "There must be one valid Host (RFC 9112 section 3.2).",
        HeadFault.Connection => "Connection must list tokens, and not Host or Content-Length (RFC 9110 section 7.6.1).",
        HeadFault.ContentLength => "Content-Length must be one number, and that of the body (RFC 9112 section 6.2).",
        HeadFault.TransferEncoding => "Transfer-Encoding must be one 'chunked', without Content-Length and not on HTTP/1.0 (RFC 9112 section 6.1).",
        HeadFault.TransferCoding => "No transfer coding but chunked is known (RFC 9112 section 6.1).",
        HeadFault.Expectation => "No expectation but 100-continue is known (RFC 9110 section 10.1.1).",
        HeadFault.StartLineTooLong => "The request line is longer than limits.requestHeaders.",
        HeadFault.HeadTooLarge => "The head is larger than limits.requestHeaders.",
        HeadFault.TooManyFields => "The head has more fields than limits.requestHeaderCount.",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
