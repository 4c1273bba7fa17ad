using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Millrace.Api.Json;

namespace Millrace.Api;

/// <summary>Reads request bodies within their bounds: content type, content encoding, size before and after inflation.</summary>
internal static class RequestBody
{
    public const string JsonType = "application/json";
    public const string NdjsonType = "application/x-ndjson";

    /// <summary>The bound's name in configuration and counters.</summary>
    public const string Limit = "requestBody";

    private const int MostClaimed = 64 << 10;

    /// <summary>Which of the accepted types the body has.</summary>
    public static string ContentType(HttpContext context, params ReadOnlySpan<string> accepted)
    {
        if (MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var given) && (given.Charset.Length == 0 || given.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var type in accepted)
            {
                if (given.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)
                    || (type == NdjsonType && given.MediaType.Equals("application/ndjson", StringComparison.OrdinalIgnoreCase)))
                {
                    return type;
                }
            }
        }

        throw new ProblemException(
            ProblemReason.UnsupportedMediaType, $"Expected Content-Type {string.Join(" or ", accepted.ToArray())} in UTF-8, got {context.Request.ContentType ?? "none"}.");
    }

    /// <summary>The body as plain bytes, inflated when it came as gzip, never more of them than <c>limits.requestBody</c>.</summary>
    public static Stream Open(HttpContext context, ApiServices services)
    {
        var maxBytes = services.Limits.RequestBody;
        if (context.Request.ContentLength > maxBytes)
        {
            services.Metrics.LimitHit(Limit);

            // The server has the same bound, and would close the connection on a client that still writes: it has to drain for its moment, or nobody reads the refusal.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }

            throw BoundedStream.TooLarge(maxBytes);
        }

        var encoding = context.Request.Headers.ContentEncoding.ToString();
        Stream plain = encoding switch
        {
            "" or "identity" => context.Request.Body,
            "gzip" => new GZipStream(context.Request.Body, CompressionMode.Decompress),
            _ => throw new ProblemException(ProblemReason.UnsupportedEncoding, $"Expected Content-Encoding gzip or none, got {encoding}."),
        };
        return new BoundedStream(plain, maxBytes, () => services.Metrics.LimitHit(Limit));
    }

    /// <summary>Reads one JSON document by its shape.</summary>
    /// <exception cref="ProblemException">It is too large, of another type, not JSON, or not what was asked for.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, ApiServices services, Shape<T> shape)
    {
        ContentType(context, JsonType);
        using var bytes = await ReadBytesAsync(context, services);
        var at = new Reading(services.Now, services.Limits.MaxFaults);
        var verdict = StrictJson.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), shape, at, out var value);
        return verdict switch
        {
            JsonVerdict.Fits => value!,
            JsonVerdict.Malformed => throw new ProblemException(ProblemReason.Malformed, "Nothing was applied.", at.Faults, at.Unlisted),
            _ => throw new ProblemException(ProblemReason.Invalid, "Nothing was applied.", at.Faults, at.Unlisted),
        };
    }

    private static async Task<MemoryStream> ReadBytesAsync(HttpContext context, ApiServices services)
    {
        await using var body = Open(context, services);

        // A length is only a claim: memory follows what has come.
        var bytes = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, MostClaimed));
        await body.CopyToAsync(bytes, context.RequestAborted);
        return bytes;
    }
}
