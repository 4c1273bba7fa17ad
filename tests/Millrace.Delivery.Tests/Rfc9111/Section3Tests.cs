using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9111 §3: what may be stored.</summary>
public class Section3Tests(ScenarioEdge edge) : SectionTable(edge)
{
    public static IEnumerable<TheoryDataRow<Scenario>> Storing() =>
    [
        Case("§3", "a response is stored when the method is understood, the status final and freshness explicit",
            Stored("Cache-Control: max-age=60"), Get().FromCache()),
        Case("§3", "MUST NOT store when the cache does not understand the method",
            Ask("FOO").Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        Case("§3", "MUST NOT store an interim response; the final one is stored without its fields",
            Stored("Cache-Control: max-age=60").Informs("X-Early: 1"), Get().FromCache().GivesNo("X-Early")),
        Case("§3", "MUST NOT store a 206 as if it were whole",
            Get("Range: bytes=0-3").Answers(206, "Cache-Control: max-age=60", "Content-Range: bytes 0-3/10").Says("0123").FromOrigin(), Get().Answers("Cache-Control: max-age=60").Says("0123456789").FromOrigin()),
        Case("§3", "MUST NOT store when the response says no-store",
            Stored("Cache-Control: max-age=60, no-store"), Get().FromOrigin()),
        Case("§3", "a shared cache MUST NOT store when the response says private",
            Stored("Cache-Control: max-age=60, private"), Get().FromOrigin()),
        Case("§3", "a shared cache MUST NOT store the answer to an authorized request without permission",
            Get("Authorization: Basic x").Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        Case("§3", "MUST NOT store without public, Expires, max-age, s-maxage or a heuristically cacheable status",
            Get().Answers(599, "Last-Modified: {now-86400}").FromOrigin(), Get().Answers(599).FromOrigin()),
        Case("§3", "public makes a response of any final status storable",
            Get().Answers(599, "Last-Modified: {now-86400}", "Cache-Control: public").FromOrigin(), Get().FromCache().Gives(599)),
        Case("§3", "Expires is explicit freshness", Stored("Expires: {now+60}"), Get().FromCache()),
        Case("§3", "s-maxage is explicit freshness for a shared cache", Stored("Cache-Control: s-maxage=60"), Get().FromCache()),
        Case("§3", "a cache extension that is not known changes nothing", Stored("Cache-Control: max-age=60, community=\"UCI, x\", y=z"), Get().FromCache()),
        Case("§3", "a status that is not known is stored when freshness is explicit", Get().Answers(299, "Cache-Control: max-age=60").FromOrigin(), Get().FromCache().Gives(299)),
        Case("§3", "must-understand: a status that is not known MUST NOT be stored",
            Get().Answers(599, "Cache-Control: max-age=60, must-understand").FromOrigin(), Get().Answers(599).FromOrigin()),
        Case("§3", "an answer that the store is told not to keep leaves no older copy behind",
            Stored("Cache-Control: max-age=60"), Get("Cache-Control: no-cache").Answers("Cache-Control: no-store").FromOrigin(), Get().FromOrigin()),
    ];

    /// <summary>Statuses with explicit freshness: stored and reused, and no longer once stale.</summary>
    public static IEnumerable<TheoryDataRow<Scenario>> Statuses() =>
        from status in (int[])[200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 451, 499, 500, 501, 502, 503, 504, 599]
        select Case("§3", $"{status} is stored with explicit freshness, and not reused when stale",
            Get().Answers(status, "Cache-Control: max-age=60").FromOrigin(), Get().FromCache().Gives(status), Get().After(61).Answers(status).FromOrigin());

    /// <summary>Statuses that speak of one request: a choice within §3, see decision 0011.</summary>
    public static IEnumerable<TheoryDataRow<Scenario>> StatusesOfOneRequest() =>
        from status in (int[])[401, 408, 411, 412, 413, 415, 416, 417, 421, 425, 426, 428, 429, 431, 511]
        select Case("§3", $"{status} speaks of one request and is not stored", Get().Answers(status, "Cache-Control: max-age=60").FromOrigin(), Get().Answers(status).FromOrigin());

    public static IEnumerable<TheoryDataRow<Scenario>> Fields() =>
    [
        .. from name in (string[])["Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection", "TE", "Upgrade"]
           select Case("§3.1", $"MUST NOT store {name}, which is for one connection", Stored("Cache-Control: max-age=60", $"{name}: x"), Get().FromCache().GivesNo(name)),
        .. from name in (string[])["X-New", "Content-Security-Policy", "X-Frame-Options", "WWW-Authenticate", "Clear-Site-Data", "Strict-Transport-Security", "Content-Disposition", "Set-Cookie2"]
           select Case("§3.1", $"MUST store {name}: known or not, a field is kept", Stored("Cache-Control: max-age=60", $"{name}: x"), Get().FromCache().GivesField($"{name}: x")),
        Case("§3.1", "MUST NOT store fields that Connection lists", Stored("Cache-Control: max-age=60", "Connection: a, B", "A: 1", "b: 2", "c: 3"), Get().FromCache().GivesField("c: 3").GivesNo("a", "b")),
        Case("§3.1", "fields that no-cache lists are not stored (§5.2.2.4 leaves them to the one who asked)",
            Stored("Cache-Control: max-age=60, no-cache=\"A, b\"", "a: 1", "b: 2", "c: 3").GivesField("a: 1", "b: 2"), Get().FromCache().GivesField("c: 3").GivesNo("a", "b")),
        Case("§3.1", "fields that private lists MUST NOT be stored by a shared cache (§5.2.2.7)",
            Stored("Cache-Control: private=\"Set-Cookie\", max-age=60", "Set-Cookie: a=b").GivesField("Set-Cookie: a=b"), Get().FromCache().GivesNo("Set-Cookie")),
        Case("§3.1", "MUST NOT combine trailers with header fields",
            Get().Answers("Cache-Control: max-age=60", "Transfer-Encoding: chunked", "no Content-Length", "Trailer: X-After").Says("4\r\nbody\r\n0\r\nX-After: 1\r\n\r\n").Gives(200, "body"), Get().FromCache().Gives(200, "body").GivesNo("X-After", "Trailer")),
        Case("§3.1", "several lines of one field keep their order", Stored("Cache-Control: max-age=60", "X: 1", "X: 2", "Y: 3", "X: 4"), Get().FromCache().GivesField("X: 1, 2, 4")),
        Case("§3.1", "Set-Cookie is not stored (decision 0011)", Stored("Cache-Control: max-age=60", "Set-Cookie: a=b"), Get().FromOrigin().GivesNo("Set-Cookie")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Updating() =>
    [
        .. from name in (string[])["X-Test", "Content-Foo", "Content-Type", "Content-Location", "Content-Security-Policy", "X-Frame-Options", "Clear-Site-Data"]
           select Case("§3.2", $"a 304 MUST update {name}, in this reply and from then on",
               Stored("Cache-Control: max-age=60", "ETag: \"v1\"", $"{name}: a/b"),
               Get().After(61).Answers(304, "Cache-Control: max-age=60", "ETag: \"v1\"", $"{name}: c/d").Revalidated().GivesField($"{name}: c/d"),
               Get().FromCache().GivesField($"{name}: c/d")),
        .. from name in (string[])["Content-Encoding", "Content-Range", "Content-MD5", "Content-Digest"]
           select Case("§3.2", $"a 304 leaves {name}, which tells of the stored bytes",
               Stored("Cache-Control: max-age=60", "ETag: \"v1\"", $"{name}: a"),
               Get().After(61).Answers(304, "Cache-Control: max-age=60", "ETag: \"v1\"", $"{name}: b").Revalidated().GivesField($"{name}: a"),
               Get().FromCache().GivesField($"{name}: a")),
        Case("§3.2", "a 304 MUST NOT update Content-Length",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"", "Content-Length: 3").Revalidated().GivesField("Content-Length: 8").Gives(200, "answer 1")),
        Case("§3.2", "a 304 keeps what it does not name",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "X: kept"), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated().GivesField("X: kept"), Get().FromCache().GivesField("X: kept")),
        Case("§3.2", "a 304 replaces all lines of a field it names",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 1", "X: 2"), Get().After(61).Answers(304, "ETag: \"v1\"", "X: 3").Revalidated().GivesField("X: 3")),
        Case("§3.2", "a 304's connection fields are not stored either",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"", "Connection: x", "X: 1").Revalidated(), Get().FromCache().GivesNo("X")),
        Case("§3.2", "a 304's excepted fields are for the one who asked",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""),
            Get().After(61).Answers(304, "ETag: \"v1\"", "Cache-Control: max-age=60, no-cache=\"x\"", "X: 1").Revalidated().GivesField("X: 1"), Get().FromCache().GivesNo("X")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Incomplete() =>
    [
        Case("§3.3", "MUST NOT use an incomplete response as a complete one",
            Get().Answers("Cache-Control: max-age=60").Cuts(), Get().After(2).FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Authorized() =>
    [
        .. from directive in (string[])["public", "must-revalidate", "s-maxage=60"]
           select Case("§3.5", $"{directive} lets the answer to an authorized request be stored",
               Get("Authorization: Basic x").Answers($"Cache-Control: max-age=60, {directive}").FromOrigin(), Get("Authorization: Basic y").FromCache(), Get().FromCache()),
        .. from directive in (string[])["proxy-revalidate", "no-cache=\"a\"", "immutable", "stale-if-error=60"]
           select Case("§3.5", $"{directive} does not let the answer to an authorized request be stored",
               Get("Authorization: Basic x").Answers($"Cache-Control: max-age=60, {directive}").FromOrigin(), Get("Authorization: Basic x").FromOrigin()),
        Case("§3.5", "an authorized request may get what is stored", Stored("Cache-Control: max-age=60"), Get("Authorization: Basic x").FromCache()),
        Case("§3.5", "with Expires alone the answer to an authorized request is not stored", Get("Authorization: Basic x").Answers("Expires: {now+60}").FromOrigin(), Get().FromOrigin()),
    ];

    [Theory, MemberData(nameof(Storing)), MemberData(nameof(Statuses)), MemberData(nameof(StatusesOfOneRequest)), MemberData(nameof(Fields)), MemberData(nameof(Updating)), MemberData(nameof(Incomplete)), MemberData(nameof(Authorized))]
    public Task Storing_responses(Scenario scenario) => RunAsync(scenario);
}
