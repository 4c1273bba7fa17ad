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
        var members = new FieldList(headers.Combined("Cache-Control"));
        while (members.MoveNext())
        {
            var directive = Directive.Parse(members.Current);
            parsed = directive.Name.ToLowerInvariant() switch
            {
                "no-store" => parsed with { NoStore = true },
                "no-cache" => parsed with { NoCache = true },
                "private" => parsed with { Private = true },
                "public" => parsed with { Public = true },
                "must-revalidate" => parsed with { MustRevalidate = true },
                "proxy-revalidate" => parsed with { ProxyRevalidate = true },
                "max-age" => parsed with { MaxAge = Time(parsed.MaxAge, directive) },
                "s-maxage" => parsed with { SMaxAge = Time(parsed.SMaxAge, directive) },
                "stale-while-revalidate" => parsed with { StaleWhileRevalidate = Time(parsed.StaleWhileRevalidate, directive) },
                "stale-if-error" => parsed with { StaleIfError = Time(parsed.StaleIfError, directive) },
                _ => parsed,
            };
        }

        return parsed;
    }

    private static long Time(long? earlier, Directive directive)
    {
        var seconds = directive.Seconds ?? 0;
        return earlier is null || earlier == seconds ? seconds : 0;
    }
}
