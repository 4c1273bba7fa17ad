using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Model;

/// <summary>A response that a cache may still have: its fields as they stand after validations, and what they permit by RFC 9111. Pure.</summary>
/// <param name="Source">The exchange that brought the body.</param>
/// <param name="Latest">The exchange that brought or last validated it.</param>
/// <param name="Fields">The fields now.</param>
/// <param name="Invalid">Invalidated (§4.4): only successful validation makes it usable.</param>
/// <param name="Outdated">When a HEAD said that another representation is current (§4.3.5): stale from then on.</param>
/// <param name="Behind">Brought or validated behind a client's back: when it took effect is not known exactly.</param>
/// <param name="Doubtful">Something came since that need not be kept, and a cache may have let this go with it.</param>
internal sealed record Held(
    Fetched Source, Fetched Latest, Fields Fields, bool Invalid = false, DateTimeOffset? Outdated = null, bool Behind = false, bool Doubtful = false)
{
    /// <summary>When the cache came to know it: what came later may have taken its place.</summary>
    public int Learned { get; init; }

    /// <summary>Seconds by which the cache may rightly take it for older: of two at a time, one may have been sent on before the other's delay moved the clock that both share.</summary>
    public double Slack { get; init; }

    private static readonly int[] HeuristicallyCacheable = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

    /// <summary>Final status codes that RFC 9110 defines, whose caching is therefore understood (§3).</summary>
    private static readonly int[] Understood =
        [200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505];

    public static Held Of(Fetched fetched) => new(fetched, fetched, Dated(fetched));

    public Directives Control => Directives.OfResponse(Fields);

    public string? Id => Fields.First("X-Id");

    public int Status => Source.Answer!.Status;

    public string? ETag => Fields.First("ETag");

    public DateTimeOffset Date => Fields.Date("Date") ?? Latest.Answered;

    /// <summary>What an exchange says, with the Date that a recipient adds when there is none (RFC 9110 §6.6.1).</summary>
    public static Fields Dated(Fetched fetched)
    {
        var fields = fetched.Answer!.Fields.EndToEnd();
        return fields.Has("Date") ? fields : fields.With("Date", fetched.Answered.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>§3: whether a shared cache may store it at all.</summary>
    public bool MayBeStored =>
        MethodMayBeStored
        && Status is >= 200 and not 304
        && (Control.Has("must-understand") ? Understood.Contains(Status) : !Control.Has("no-store"))
        && !Source.Ask.Control.Has("no-store") && !Latest.Ask.Control.Has("no-store")
        && !Control.HasWhole("private")
        && (!Latest.Ask.Fields.Has("Authorization") || SharesAuthorized)
        && (Control.Has("public") || StatesFreshness || HeuristicallyCacheable.Contains(Status))
        && !(Fields.Has("Set-Cookie") && CookieRule == SetCookieRule.Pass);

    /// <summary>The rule of the target's route: decision 0011's default, or what the operator says of it.</summary>
    private SetCookieRule CookieRule => RuleOf(Source.Ask.Target);

    /// <summary>RFC 9110 §9.3.3: a POST's response stands for a GET only with explicit freshness and a Content-Location of the same URI; once a 304 to a GET has confirmed it, it is what a GET brings.</summary>
    private bool MethodMayBeStored => Source.Ask.Method switch
    {
        "GET" or "HEAD" => true,
        "POST" => (StatesFreshness || Latest.Ask.Is("GET")) && Fields.First("Content-Location") == Source.Ask.Target,
        _ => false,
    };

    /// <summary>§3.5. What the origin has since confirmed to somebody without credentials is not theirs alone, so only the latest request counts.</summary>
    private bool SharesAuthorized => Control.Has("must-revalidate") || Control.Has("public") || Control.Has("s-maxage");

    private bool StatesFreshness => Control.Has("s-maxage") || Control.Has("max-age") || (Fields.Has("Expires") && !Control.IsTargeted);

    /// <summary>The histories' routes: one for each rule.</summary>
    public static SetCookieRule RuleOf(string target) =>
        target.StartsWith("/strip/", StringComparison.Ordinal) ? SetCookieRule.Strip : target.StartsWith("/store/", StringComparison.Ordinal) ? SetCookieRule.Store : SetCookieRule.Pass;

    /// <summary>§4.2.1: the longest freshness that a shared cache may assume, in seconds.</summary>
    public double Lifetime => Outdated is { } since ? Math.Min(StatedLifetime, AgeAt(since)) : StatedLifetime;

    private double StatedLifetime
    {
        get
        {
            if (Control.Seconds("s-maxage") is { } shared)
            {
                return shared;
            }

            if (Control.Seconds("max-age") is { } age)
            {
                return age;
            }

            if (Fields.Has("Expires") && !Control.IsTargeted)
            {
                // An invalid date, "0" above all, means that it has expired (§5.3).
                return Fields.Date("Expires") is { } expires ? Math.Max(0, (expires - Date).TotalSeconds) : 0;
            }

            // §4.2.2: a tenth of the time since it was modified is the usual bound.
            return (HeuristicallyCacheable.Contains(Status) || Control.Has("public")) && Fields.Date("Last-Modified") is { } modified
                ? Math.Max(0, (Date - modified).TotalSeconds / 10)
                : 0;
        }
    }

    /// <summary>§4.2.3.</summary>
    public double AgeAt(DateTimeOffset now)
    {
        var apparent = Math.Max(0, (Latest.Answered - Date).TotalSeconds);
        var corrected = AgeSaid + (Latest.Answered - Latest.Asked).TotalSeconds;
        return Math.Max(apparent, corrected) + (now - Latest.Answered).TotalSeconds;
    }

    /// <summary>§5.1: the first member when there are several; what is no number is ignored.</summary>
    private double AgeSaid => Latest.Answer!.Fields.List("Age").FirstOrDefault() is { Length: > 0 } first && first.All(char.IsAsciiDigit) ? double.Parse(first, System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>§4.2.4: whether some directive forbids to serve it stale even when the origin cannot be reached.</summary>
    public bool NeverStale =>
        Control.HasWhole("no-cache") || Control.Has("must-revalidate") || Control.Has("proxy-revalidate")
        || (Control.Has("s-maxage") && !Control.Has("stale-while-revalidate") && !Control.Has("stale-if-error"));

    /// <summary>Fields that may not be sent from the store without validation (§5.2.2.4), or not be stored at all (§5.2.2.7).</summary>
    public bool IsWithheld(string name) => (CookieRule == SetCookieRule.Strip && Fields.Same(name, "Set-Cookie")) || Control.FieldNames("no-cache").Concat(Control.FieldNames("private")).Any(other => Fields.Same(other, name));

    /// <summary>§4.1: the fields that Vary names are those of the request that brought it, or of one whose validation chose it.</summary>
    public bool Selects(Ask ask) => !Fields.List("Vary").Contains("*") && (Matches(Source.Ask, ask) || Matches(Latest.Ask, ask));

    /// <summary>Plain enough that a cache worth its name keeps it: what follows from having it may then be demanded.</summary>
    public bool IsSurelyStored =>
        !Behind && !Doubtful && !Invalid && Outdated is null && MayBeStored && HasPlainControl && Status == 200 && Source.Ask.Is("GET") && Latest.Ask.Is("GET") && (Control.Seconds("s-maxage") ?? Control.Seconds("max-age")) > 0
        && !Fields.Has("Set-Cookie") && !Source.Ask.Fields.Has("Range") && !Source.Ask.Fields.Has("Authorization") && !Latest.Ask.Fields.Has("Authorization");

    /// <summary>One statement of freshness, and nothing that a careful cache may rather not go by.</summary>
    private bool HasPlainControl =>
        Control.HasEachOnce && !Control.Has("private") && !Control.Has("no-store") && !Fields.List("Vary").Contains("*");

    private bool Matches(Ask original, Ask ask) => Fields.List("Vary").All(name => Normal(original, name) == Normal(ask, name));

    private static string? Normal(Ask ask, string name) => ask.Fields.Has(name) ? string.Join(",", ask.Fields.List(name)) : null;
}
