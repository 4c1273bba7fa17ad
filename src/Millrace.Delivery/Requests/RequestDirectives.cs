namespace Millrace.Delivery.Requests;

/// <summary>The request's Cache-Control (RFC 9111 §5.2.1), and Pragma where that is absent. Times are seconds.</summary>
internal readonly record struct RequestDirectives
{
    public bool NoCache { get; init; }

    public bool NoStore { get; init; }

    public bool OnlyIfCached { get; init; }

    public long? MaxAge { get; init; }

    public long? MinFresh { get; init; }

    /// <summary>Staleness accepted; <see cref="long.MaxValue"/> when max-stale has no value.</summary>
    public long? MaxStale { get; init; }

    public static RequestDirectives Parse(HeaderList headers)
    {
        var parsed = default(RequestDirectives);
        if (headers.Combined("Cache-Control") is not { } text)
        {
            return FieldList.Contains(headers.Combined("Pragma"), "no-cache") ? parsed with { NoCache = true } : parsed;
        }

        var members = new FieldList(text);
        while (members.MoveNext())
        {
            var directive = Directive.Parse(members.Current);
            parsed = directive.Name.ToLowerInvariant() switch
            {
                "no-cache" => parsed with { NoCache = true },
                "no-store" => parsed with { NoStore = true },
                "only-if-cached" => parsed with { OnlyIfCached = true },
                // An unreadable bound is taken as the strictest, so that the client never gets something older than it meant.
                "max-age" => parsed with { MaxAge = Math.Min(parsed.MaxAge ?? long.MaxValue, directive.Seconds ?? 0) },
                "min-fresh" => parsed with { MinFresh = Math.Max(parsed.MinFresh ?? 0, directive.Seconds ?? long.MaxValue) },
                "max-stale" => parsed with { MaxStale = directive.HasValue ? directive.Seconds ?? 0 : long.MaxValue },
                _ => parsed,
            };
        }

        return parsed;
    }
}
