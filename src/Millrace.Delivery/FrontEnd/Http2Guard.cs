using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Refuses what Kestrel's HTTP/2 lets through and a front-line proxy must not (measured; see decision 0014): anything that an origin behind an HTTP/1.1
/// connection might frame or route otherwise than we do (RFC 9113 §10.3). It judges by the rules of the HTTP/1.1 parser.
/// </summary>
internal static class Http2Guard
{
    private static readonly string[] ConnectionFields = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"];

    /// <summary>The status to refuse with, or null when the request is well formed.</summary>
    public static int? Refuse(HttpContext context)
    {
        var request = context.Request;
        if (RequestRules.JudgeMethod(Encoding.Latin1.GetBytes(request.Method)) is var method and not HeadFault.None)
        {
            return RequestRules.StatusOf(method);
        }

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return Syntax.IsToken(request.Method) && IsOriginForm(target) && IsHost(request.Headers) && AreFields(request.Headers) && HasNoConnectionFields(request.Headers)
            ? null
            : 400;
    }

    /// <summary>:path (RFC 9113 §8.3.1) in origin form; text beyond ASCII becomes a byte that no target may hold.</summary>
    private static bool IsOriginForm(string target) => target.StartsWith('/') && RequestTarget.TryParse(Encoding.ASCII.GetBytes(target), out _) && Ascii.IsValid(target);

    private static bool IsHost(IHeaderDictionary headers) =>
        headers.Host.Count == 1 && headers.Host[0] is { } host && Ascii.IsValid(host) && Authority.IsValid(Encoding.ASCII.GetBytes(host));

    private static bool AreFields(IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            if (!Syntax.IsToken(name) && !name.StartsWith(':'))
            {
                return false;
            }

            foreach (var value in values)
            {
                if (!Syntax.IsFieldValue(value))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>RFC 9113 §8.2.2: no fields of a connection, and TE with trailers alone.</summary>
    private static bool HasNoConnectionFields(IHeaderDictionary headers)
    {
        foreach (var name in ConnectionFields)
        {
            if (headers.ContainsKey(name))
            {
                return false;
            }
        }

        return headers.TE.Count == 0 || string.Equals(headers.TE, "trailers", StringComparison.OrdinalIgnoreCase);
    }
}
