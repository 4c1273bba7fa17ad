using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Refuses what Kestrel lets through and a front-line proxy must not (measured; see decision 0004): anything that an origin behind an HTTP/1.1
/// connection might frame or route otherwise than we do.
/// </summary>
internal static class RequestGuard
{
    private static readonly SearchValues<char> NotInAuthority = SearchValues.Create("/?#@\\, \t");

    private static readonly HashSet<string> KnownMethods = new(StringComparer.Ordinal)
    {
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY", "PURGE", "BAN", "PROPFIND", "REPORT", "SEARCH",
    };

    private static readonly string[] ConnectionFields = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"];

    /// <summary>The status to refuse with, or null when the request is well formed.</summary>
    public static int? Refuse(HttpContext context)
    {
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (request.Method is "TRACE" or "CONNECT")
        {
            return 405;
        }

        if (IsKnownInOtherCase(request.Method))
        {
            return 400;
        }

        if (!Syntax.IsToken(request.Method) || !IsTarget(target) || !AreFields(request.Headers) || !IsAuthority(request.Headers.Host))
        {
            return 400;
        }

        return HttpProtocol.IsHttp2(request.Protocol) ? (IsHttp2Framing(request.Headers) ? null : 400) : (IsHttp1Framing(request) ? null : 400);
    }

    /// <summary>The origin form of a target: what stands behind the authority of an absolute form.</summary>
    public static string OriginForm(string target)
    {
        if (target[0] == '/')
        {
            return target;
        }

        var authority = target.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = target.AsSpan(authority).IndexOfAny('/', '?');
        return path < 0 ? "/" : target[authority + path] == '/' ? target[(authority + path)..] : "/" + target[(authority + path)..];
    }

    /// <summary>Printable ASCII without <c>#</c> and <c>\</c>, in origin or http(s) absolute form, and without dot segments, which an origin might resolve past a route's prefix.</summary>
    internal static bool IsTarget(string target)
    {
        if (target.Length == 0 || target.AsSpan().IndexOfAnyExceptInRange('\u0021', '\u007e') >= 0 || target.AsSpan().IndexOfAny('#', '\\') >= 0)
        {
            return false;
        }

        var absolute = target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        return (target[0] == '/' || absolute) && !HasDotSegment(OriginForm(target));
    }

    /// <summary>Methods are compared with case (RFC 9110 §9.1), by HttpClient and many origins without: "connect" would leave as CONNECT.</summary>
    private static bool IsKnownInOtherCase(string method) =>
        !KnownMethods.Contains(method) && KnownMethods.Any(known => known.Equals(method, StringComparison.OrdinalIgnoreCase));

    private static bool HasDotSegment(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        foreach (var segment in path.Split('/'))
        {
            if (segment.Length is > 0 and <= 6 && segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    private static bool AreFields(IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            if (!Syntax.IsToken(name))
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

    private static bool IsAuthority(Microsoft.Extensions.Primitives.StringValues host) =>
        host.Count == 1 && host[0] is { Length: > 0 } text && text.AsSpan().IndexOfAny(NotInAuthority) < 0 && HasName(text);

    private static bool HasName(string authority)
    {
        try
        {
            return HostString.FromUriComponent(authority).Host.Length > 0;
        }
        catch (ArgumentException)
        {
            // Punycode that stands for nothing.
            return false;
        }
    }

    private static bool IsHttp1Framing(HttpRequest request)
    {
        var encodings = request.Headers.TransferEncoding;
        if (encodings.Count == 0)
        {
            return request.Headers.ContentLength is null or >= 0;
        }

        // One "chunked" and nothing else; never on HTTP/1.0, never beside a length (RFC 9112 §6.1), which Kestrel renames to X-Content-Length.
        return encodings.Count == 1
            && !request.Headers.ContainsKey("X-Content-Length")
            && string.Equals(encodings[0], "chunked", StringComparison.OrdinalIgnoreCase)
            && request.Headers.ContentLength is null
            && HttpProtocol.IsHttp11(request.Protocol);
    }

    /// <summary>RFC 9113 §8.2: lower-case names, no connection fields, TE with trailers alone.</summary>
    private static bool IsHttp2Framing(IHeaderDictionary headers)
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
