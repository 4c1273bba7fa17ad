using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Freshness;

/// <summary>
/// The response's Cache-Control (RFC 9111 §5.2.2). Qualified forms (<c>private="x"</c>, <c>no-cache="x"</c>) count as unqualified, which
/// §5.2.2.4 and §5.2.2.7 allow. A time that is malformed, or given twice with different values, reads as zero: stale, as §4.2.1 allows.
/// </summary>
internal readonly record struct ResponseDirectives
{
    public bool NoStore { get; init; }

    public bool NoCache { get; init; }

    public bool Private { get; init; }

    public bool Public { get; init; }

    public bool MustRevalidate { get; init; }

    public bool ProxyRevalidate { get; init; }

    public long? MaxAge { get; init; }

    public long? SMaxAge { get; init; }

    public long? StaleWhileRevalidate { get; init; }

    public long? StaleIfError { get; init; }

    public static ResponseDirectives Parse(HeaderList headers)
    {
        var parsed = default(ResponseDirectives);
        foreach (var member in headers.Members(FieldId.CacheControl))
        {
            var directive = Directive.Parse(member);
            parsed = directive.Is("no-store"u8) ? parsed with { NoStore = true }
                : directive.Is("no-cache"u8) ? parsed with { NoCache = true }
                : directive.Is("private"u8) ? parsed with { Private = true }
                : directive.Is("public"u8) ? parsed with { Public = true }
                : directive.Is("must-revalidate"u8) ? parsed with { MustRevalidate = true }
                : directive.Is("proxy-revalidate"u8) ? parsed with { ProxyRevalidate = true }
                : directive.Is("max-age"u8) ? parsed with { MaxAge = Time(parsed.MaxAge, directive) }
                : directive.Is("s-maxage"u8) ? parsed with { SMaxAge = Time(parsed.SMaxAge, directive) }
                : directive.Is("stale-while-revalidate"u8) ? parsed with { StaleWhileRevalidate = Time(parsed.StaleWhileRevalidate, directive) }
                : directive.Is("stale-if-error"u8) ? parsed with { StaleIfError = Time(parsed.StaleIfError, directive) }
                : parsed;
        }

        return parsed;
    }

    private static long Time(long? earlier, Directive directive)
    {
        var seconds = directive.Seconds ?? 0;
        return earlier is null || earlier == seconds ? seconds : 0;
    }
}
