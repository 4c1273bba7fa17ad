using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Freshness;

/// <summary>
/// What a response says to this cache (RFC 9111 §5.2.2): its Cache-Control, or the field in its place that is meant for caches like this one
/// (<see cref="TargetedFields"/>). A time that is malformed, or given twice with different values, reads as zero: stale, as §4.2.1 allows.
/// </summary>
internal readonly record struct ResponseDirectives
{
    /// <summary>Whether they come from a targeted field, so that Cache-Control and Expires do not count (RFC 9213 §2.2).</summary>
    public bool Targeted { get; init; }

    public bool NoStore { get; init; }

    public bool NoCache { get; init; }

    public bool Private { get; init; }

    public bool Public { get; init; }

    public bool MustRevalidate { get; init; }

    public bool ProxyRevalidate { get; init; }

    public bool MustUnderstand { get; init; }

    public bool NoTransform { get; init; }

    public long? MaxAge { get; init; }

    public long? SMaxAge { get; init; }

    public long? StaleWhileRevalidate { get; init; }

    public long? StaleIfError { get; init; }

    /// <summary>
    /// Fields that <c>private="…"</c> or <c>no-cache="…"</c> name, in one list; null when none. They are for the one who asked: nobody else gets them
    /// without validation (§5.2.2.4), or at all (§5.2.2.7), so they are not stored.
    /// </summary>
    public string? Excepted { get; init; }

    /// <summary>Reads them off a response by the fields that speak to caches like this one unless a route says otherwise.</summary>
    public static ResponseDirectives Parse(HeaderList headers) => Parse(headers, TargetedFields.Usual);

    /// <summary>Reads them off a response.</summary>
    /// <param name="headers">Its fields.</param>
    /// <param name="targetedFields">The fields that speak in place of Cache-Control, the first that is there.</param>
    public static ResponseDirectives Parse(HeaderList headers, ImmutableArray<string> targetedFields)
    {
        if (TargetedFields.Parse(headers, targetedFields) is { } targeted)
        {
            return targeted;
        }

        var parsed = default(ResponseDirectives);
        foreach (var member in headers.Members(FieldId.CacheControl))
        {
            parsed = parsed.And(Directive.Parse(member));
        }

        return parsed;
    }

    /// <summary>These directives and one more.</summary>
    public ResponseDirectives And(Directive directive) =>
        directive.Is("no-store"u8) ? this with { NoStore = true }
        : directive.Is("no-cache"u8) ? (Names(directive) ? Except(directive) : this with { NoCache = true })
        : directive.Is("private"u8) ? (Names(directive) ? Except(directive) : this with { Private = true })
        : directive.Is("public"u8) ? this with { Public = true }
        : directive.Is("must-revalidate"u8) ? this with { MustRevalidate = true }
        : directive.Is("proxy-revalidate"u8) ? this with { ProxyRevalidate = true }
        : directive.Is("must-understand"u8) ? this with { MustUnderstand = true }
        : directive.Is("no-transform"u8) ? this with { NoTransform = true }
        : directive.Is("max-age"u8) ? this with { MaxAge = Time(MaxAge, directive) }
        : directive.Is("s-maxage"u8) ? this with { SMaxAge = Time(SMaxAge, directive) }
        : directive.Is("stale-while-revalidate"u8) ? this with { StaleWhileRevalidate = Time(StaleWhileRevalidate, directive) }
        : directive.Is("stale-if-error"u8) ? this with { StaleIfError = Time(StaleIfError, directive) }
        : this;

    /// <summary>These directives, with one more field for the one who asked alone.</summary>
    public ResponseDirectives Excepting(string name) => this with { Excepted = Excepted is null ? name : $"{Excepted},{name}" };

    /// <summary>Whether a line is one of the excepted fields.</summary>
    public bool Excepts(FieldLine line) => Excepted is not null && FieldList.Contains(Encoding.Latin1.GetBytes(Excepted), line.Name);

    /// <summary>The excepted fields among a response's, or null: they go to the one who asked.</summary>
    public HeaderList? ExceptedOf(HeaderList fields)
    {
        if (Excepted is null)
        {
            return null;
        }

        HeaderList own = new();
        foreach (var line in fields)
        {
            if (Excepts(line))
            {
                own.Add(line);
            }
        }

        return own;
    }

    /// <summary>Whether the argument is a list of field names. One that is not says too little to be obeyed in part: the directive counts as a whole.</summary>
    private static bool Names(Directive directive)
    {
        var names = new FieldList(directive.Argument);
        var any = false;
        while (names.MoveNext())
        {
            any = true;
            if (!Syntax.IsToken(names.Current))
            {
                return false;
            }
        }

        return any;
    }

    private ResponseDirectives Except(Directive directive) => Excepting(Encoding.Latin1.GetString(directive.Argument));

    private long Time(long? earlier, Directive directive)
    {
        // In a dictionary the last of a key counts (RFC 9651 §3.2).
        var seconds = directive.Seconds ?? 0;
        return earlier is null || Targeted || earlier == seconds ? seconds : 0;
    }
}
