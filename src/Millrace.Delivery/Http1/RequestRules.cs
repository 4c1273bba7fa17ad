using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>What a well-formed head of a request must also be before anybody acts on it: addressed to one host, framed in one way, with a method that is served.</summary>
internal static class RequestRules
{
    /// <summary>Methods are compared with case (RFC 9110 §9.1) here and without at some origins: a known one in another case is refused.</summary>
    private static readonly byte[][] KnownMethods =
    [
        .. new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY", "PURGE", "BAN", "PROPFIND", "REPORT", "SEARCH" }.Select(Encoding.ASCII.GetBytes),
    ];

    public static HeadFault JudgeMethod(ReadOnlySpan<byte> method)
    {
        if (method.SequenceEqual("GET"u8))
        {
            return HeadFault.None;
        }

        foreach (var known in KnownMethods)
        {
            if (Ascii.EqualsIgnoreCase(method, known))
            {
                return !method.SequenceEqual(known) ? HeadFault.Method
                    : method.SequenceEqual("TRACE"u8) || method.SequenceEqual("CONNECT"u8) ? HeadFault.MethodRefused
                    : HeadFault.None;
            }
        }

        return HeadFault.None;
    }

    /// <summary>The one authority of a request: Host, and the absolute form's when there is one; they must be equal (RFC 9112 §3.2.2 would take the latter).</summary>
    /// <param name="fields">The request's fields.</param>
    /// <param name="target">Its target.</param>
    /// <param name="scheme">http or https, as the connection is.</param>
    public static HeadFault JudgeHost(HeaderList fields, RequestTarget target, ReadOnlySpan<byte> scheme)
    {
        if (fields.CountOf(FieldId.Host) != 1 || !Authority.IsValid(fields.First(FieldId.Host)))
        {
            return HeadFault.Host;
        }

        if (target.Scheme.IsEmpty)
        {
            return HeadFault.None;
        }

        return !Ascii.EqualsIgnoreCase(target.Scheme, scheme) ? HeadFault.Target
            : Ascii.EqualsIgnoreCase(target.Authority, fields.First(FieldId.Host)) ? HeadFault.None
            : HeadFault.Host;
    }

    /// <summary>Connection may not take away what a message is framed or routed by: it would be gone for the next recipient alone (RFC 9110 §7.6.1).</summary>
    public static HeadFault JudgeConnection(HeaderList fields)
    {
        foreach (var option in fields.Members(FieldId.Connection))
        {
            if (!Syntax.IsToken(option) || FieldNames.Of(option) is FieldId.Host or FieldId.ContentLength)
            {
                return HeadFault.Connection;
            }
        }

        return HeadFault.None;
    }

    /// <summary>100-continue is the only expectation there is (RFC 9110 §10.1.1).</summary>
    public static HeadFault JudgeExpectation(HeaderList fields, out bool expectsContinue)
    {
        expectsContinue = fields.Contains(FieldId.Expect);
        return !expectsContinue || (fields.CountOf(FieldId.Expect) == 1 && Ascii.EqualsIgnoreCase(fields.First(FieldId.Expect), "100-continue"u8))
            ? HeadFault.None
            : HeadFault.Expectation;
    }

    /// <summary>The status that a refused request is answered with.</summary>
    public static int StatusOf(HeadFault fault) => fault switch
    {
        HeadFault.MethodRefused => 405,
        HeadFault.StartLineTooLong => 414,
        HeadFault.Expectation => 417,
        HeadFault.HeadTooLarge or HeadFault.TooManyFields => 431,
        HeadFault.TransferCoding => 501,
        HeadFault.Version => 505,
        _ => 400,
    };

    /// <summary>The reason that goes with it.</summary>
    public static DeliveryReason ReasonOf(HeadFault fault) =>
        fault is HeadFault.HeadTooLarge or HeadFault.StartLineTooLong or HeadFault.TooManyFields ? DeliveryReason.HeadTooLarge : DeliveryReason.BadRequest;
}
