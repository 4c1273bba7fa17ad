using Millrace.Delivery.Routes;

namespace Millrace.Node.Configuration;

/// <summary>The declaration of a route: pattern, origin, contract and rules (decision 0017).</summary>
internal static class RouteShape
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly ScalarShape Lifetime = Scalars.Duration(TimeSpan.Zero, 3_650 * Day);

    private static readonly ScalarShape FieldName = new(
        "a field name like 'X-Served-By'", t => t.Length <= 128 && t.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)) && t.Length > 0 ? t : null,
        static () => new() { ["type"] = "string", ["pattern"] = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$" });

    public static ObjectShape Route() => new("a route like {match: \"news.example/*\", origin: \"http://127.0.0.1:9000\"}",
    [
        new("match", new ScalarShape(
            "a host and path pattern like 'news.example/*'", t => RouteText.IsPattern(t) ? t : null,
            () => new() { ["type"] = "string", ["pattern"] = "^[^/\\s]+/[^\\s]*$" }), "Host, then a path or a prefix that ends in '*'; host '*' is any, '*.example' any below.", Required: true),
        new("origin", new ScalarShape(
            "an http or https URL without user, query or fragment, or the name of an origin group", t => RouteText.ParseOrigin(t) ?? (object?)(Names.IsName(t) ? t : null),
            () => new() { ["type"] = "string" }), "Where misses are fetched: one server, or a group of `origins`.", Required: true),
        new("shield", Scalars.Name, "The tier of `shields` that is asked before the origin."),
        new("contract", new EitherShape(
            Scalars.OneOf("available", "strict"),
            new ObjectShape("{bounded: 30s}", [new("bounded", Scalars.Duration(TimeSpan.FromMilliseconds(1), 30 * Day), "Serve at most so long past freshness.", Required: true)])),
            "What happens when freshness cannot be had: serve stale, serve stale for so long, or revalidate or fail.", "available", "an origin's outage should not be its readers'"),
        new("cacheable", Scalars.Boolean, "Whether answers may be stored at all.", "true", "the origin says of each what may be stored"),
        new("methods", new ListShape("a list of methods", new ScalarShape(
            "an upper-case method", t => t.Length is > 0 and <= 32 && t.All(char.IsAsciiLetterUpper) ? t : null, static () => new() { ["type"] = "string", ["pattern"] = "^[A-Z]{1,32}$" }), 1, 32),
            "The only methods that are let through; others get 405. Without it all are."),
        new("key", new ObjectShape("a mapping",
        [
            new("path", Scalars.OneOf("asSent", "lower"), "`lower` for an origin that takes paths without regard to case: all spellings are one object.", "asSent", "RFC 3986: paths have case"),
            new("query", Scalars.OneOf("asSent", "sorted"), "`sorted` puts parameters in order of their names; those of one name keep theirs.", "asSent", "an origin may read meaning into the order"),
            new("show", Scalars.Boolean, "Whether Cache-Status says the key (RFC 9211 §2.7).", "false", "it tells whoever asks what is key, and so what is not"),
        ]), "How spellings of a target are told apart. The origin is asked in the form that is key."),
        new("query", new ObjectShape("a mapping",
        [
            new("allow", Parameters(0), "The only parameters that count; `id`, or `utm_*` for all that begin so."),
            new("ignore", Parameters(1), "Parameters that do not count; not beside `allow`."),
            new("sendIgnored", Scalars.Boolean, "Whether the origin gets what does not count. Only for answers that it does not change: else one client chooses what others get.", "false", "what is not key must not shape an answer"),
        ]), "Which query parameters are key, and sent."),
        new("signed", new ObjectShape("a mapping",
        [
            new("keys", new MapShape("a mapping of key id to secret", Scalars.Line($"a secret of {SigningRules.MinSecretBytes} to 512 characters", 512), 16), "Any of them may have signed; `millrace sign-url` signs.", Required: true),
        ]), "Serve only URLs that bear a signature which has not expired (docs/API.md, Signed URLs).") { Optional = true },
        new("request", Changes(), "Changes of the request as the origin sees it."),
        new("response", Changes(), "Changes of the origin's answers, before anything is decided about them."),
        new("ttl", new ObjectShape("a mapping",
        [
            new("default", Lifetime, "How long an answer is fresh that does not say so, where a guess is allowed (RFC 9110 §15.1), and not for requests with cookies. Without it a tenth of its age, at most a day."),
            new("min", Lifetime, "Never less, whatever the answer says; what it forbids to store stays forbidden."),
            new("max", Lifetime, "Never more, whatever the answer says."),
        ]), "What you know better than your origin says."),
        new("negative", new MapShape("a mapping of status to duration", Lifetime, 64), "How long errors are fresh that do not say so: by status (`404`), or by class (`4xx`, `5xx`)."),
        new("setCookie", Scalars.OneOf("pass", "strip", "store"), "What becomes of answers that set cookies: `pass` does not store them; `strip` stores them without the field, which goes to the one who asked; `store` stores them whole (RFC 9111 §7.3), so that everybody gets the cookies of one, and `millrace validate` warns of it.", "pass", "frameworks set sessions on anything, and one person's must not reach another"),
        new("maxObject", Scalars.Size(1, 1L << 40), "Larger bodies are streamed, not stored. Without it `cache.object`."),
        new("cacheControl", new ListShape("a list of field names", FieldName, 0, 8), "Fields that speak in place of Cache-Control (RFC 9213), the first that is there. Without it CDN-Cache-Control, then Surrogate-Control."),
        new("compress", Scalars.Boolean, "Whether what came plain is compressed for clients that accept it.", "true", "text is a quarter of its size then"),
        new("askPlain", Scalars.Boolean, "Whether the origin is asked for no coding where the cache takes part: then one plain copy serves all codings, and not one for each kind of client.", "false", "a cache that changes what an origin negotiates by surprises people"),
        new("timeouts", new ObjectShape("a mapping",
        [
            new("connect", Patience(), "To connect. Without it 3.5 s."),
            new("response", Patience(), "From the whole request to the head of the response. Without it 60 s."),
            new("idle", Patience(), "Silence within a body. Without it 60 s."),
        ]), "The times that the origin is given."),
    ]);

    private static ScalarShape Patience() => Scalars.Duration(TimeSpan.FromMilliseconds(1), Day);

    private static ListShape Parameters(int min) => new("a list of query parameters", new ScalarShape(
        "a parameter's name, or its beginning followed by '*'", t => RouteText.IsParameter(t) ? t : null, static () => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 128 }), min, 100);

    private static ObjectShape Changes() => new("a mapping",
    [
        new("remove", new ListShape("a list of field names", FieldName, 0, 64), "Fields that leave."),
        new("set", new MapShape("a mapping of field to value", Scalars.Line("a field's value", 4096), 64), "Fields that replace those of their name."),
    ]);
}
