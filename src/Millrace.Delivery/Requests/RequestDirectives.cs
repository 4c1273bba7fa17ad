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
        if (!headers.Contains(FieldId.CacheControl))
        {
            return headers.Contains(FieldId.Pragma) && headers.Members(FieldId.Pragma).Contains("no-cache"u8) ? parsed with { NoCache = true } : parsed;
        }

        foreach (var member in headers.Members(FieldId.CacheControl))
        {
            var directive = Directive.Parse(member);
            var seconds = directive.Seconds;

            // An unreadable bound is taken as the strictest, so that the client never gets something older than it meant.
            parsed = directive.Is("no-cache"u8) ? parsed with { NoCache = true }
                : directive.Is("no-store"u8) ? parsed with { NoStore = true }
                : directive.Is("only-if-cached"u8) ? parsed with { OnlyIfCached = true }
                : directive.Is("max-age"u8) ? parsed with { MaxAge = Math.Min(parsed.MaxAge ?? long.MaxValue, seconds ?? 0) }
                : directive.Is("min-fresh"u8) ? parsed with { MinFresh = Math.Max(parsed.MinFresh ?? 0, seconds ?? long.MaxValue) }
                : directive.Is("max-stale"u8) ? parsed with { MaxStale = directive.HasArgument ? seconds ?? 0 : long.MaxValue }
                : parsed;
        }

        return parsed;
    }
}
