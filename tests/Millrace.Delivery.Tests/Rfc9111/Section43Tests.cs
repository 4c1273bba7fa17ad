using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9111 §4.3 and §4.4: validation and invalidation, with RFC 9110 §13.</summary>
public class Section43Tests(ScenarioEdge edge) : SectionTable(edge)
{
    private const string Old = "Mon, 23 Nov 2020 12:00:00 GMT";
    private const string Newer = "Tue, 24 Nov 2020 12:00:00 GMT";

    public static IEnumerable<TheoryDataRow<Scenario>> Sending() =>
    [
        Case("§4.3.1", "MUST send the entity tag as If-None-Match", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated().Sent("If-None-Match: \"v1\"")),
        Case("§4.3.1", "a weak tag is sent as it is", Stored("Cache-Control: max-age=60", "ETag: W/\"v1\""), Get().After(61).Answers(304, "ETag: W/\"v1\"").Revalidated().Sent("If-None-Match: W/\"v1\"")),
        Case("§4.3.1", "MUST send Last-Modified as If-Modified-Since", Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Get().After(61).Answers(304).Revalidated().Sent($"If-Modified-Since: {Old}")),
        Case("§4.3.1", "both are sent where both are held", Stored("Cache-Control: max-age=60", "ETag: \"v1\"", $"Last-Modified: {Old}"), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated().Sent("If-None-Match: \"v1\"", $"If-Modified-Since: {Old}")),
        Case("§4.3.1", "without a validator the request is plain", Stored("Cache-Control: max-age=60"), Get().After(61).FromOrigin().SentNo("If-None-Match", "If-Modified-Since")),
        Case("§4.3.1", "the client's own conditions are not sent in their place", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("If-None-Match: \"other\"").After(61).Answers(304, "ETag: \"v1\"").Revalidated().Sent("If-None-Match: \"v1\"")),
        Case("§4.3.1", "the fields that Vary names are sent",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "ETag: \"v1\"", "Vary: Foo").FromOrigin(), Get("Foo: 1").After(61).Answers(304, "ETag: \"v1\"").Revalidated().Sent("Foo: 1")),
        Case("§4.3.1", "a fetch for all carries no client's conditions", Get("If-None-Match: \"a\"").Answers("Cache-Control: max-age=60").FromOrigin().SentNo("If-None-Match"), Get().FromCache()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Received() =>
    [
        Case("§4.3.2", "a matching If-None-Match gets 304 with the 200's fields for caches",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "Vary: X", "Content-Location: /x", "X-Other: 1", "Expires: Tue, 24 Nov 2026 12:00:00 GMT"),
            Get("If-None-Match: \"v1\"").After(1).FromCache().Gives(304, "").GivesField("ETag: \"v1\"", "Cache-Control: max-age=60", "Vary: X", "Content-Location: /x", "Age: 1", "Expires: Tue, 24 Nov 2026 12:00:00 GMT").GivesNo("X-Other", "Content-Length")),
        Case("§4.3.2", "If-None-Match compares weakly (RFC 9110 §13.1.2)", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("If-None-Match: W/\"v1\"").FromCache().Gives(304)),
        Case("§4.3.2", "a weak tag matches itself", Stored("Cache-Control: max-age=60", "ETag: W/\"v1\""), Get("If-None-Match: W/\"v1\"").FromCache().Gives(304)),
        .. from tags in (string[])["\"v1\", \"a\", \"b\"", "\"a\", \"v1\", \"b\"", "\"a\",\"b\",\"v1\"", "*", "\"a,b\", \"v1\""]
           select Case("§4.3.2", $"If-None-Match: {tags} matches", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get($"If-None-Match: {tags}").FromCache().Gives(304)),
        .. from tags in (string[])["\"a\"", "\"V1\"", "\"v1", "\"a, v1\"", "v1"]
           select Case("§4.3.2", $"If-None-Match: {tags} does not match", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get($"If-None-Match: {tags}").FromCache().Gives(200, "answer 1")),
        Case("§4.3.2", "If-None-Match comes before If-Modified-Since: a match", Stored("Cache-Control: max-age=60", "ETag: \"v1\"", $"Last-Modified: {Newer}"), Get("If-None-Match: \"v1\"", $"If-Modified-Since: {Old}").FromCache().Gives(304)),
        Case("§4.3.2", "If-None-Match comes before If-Modified-Since: none", Stored("Cache-Control: max-age=60", "ETag: \"v1\"", $"Last-Modified: {Old}"), Get("If-None-Match: \"v2\"", $"If-Modified-Since: {Newer}").FromCache().Gives(200)),
        Case("§4.3.2", "If-Modified-Since at Last-Modified gets 304", Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Get($"If-Modified-Since: {Old}").FromCache().Gives(304)),
        Case("§4.3.2", "If-Modified-Since after Last-Modified gets 304", Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Get($"If-Modified-Since: {Newer}").FromCache().Gives(304)),
        Case("§4.3.2", "If-Modified-Since before Last-Modified gets the response", Stored("Cache-Control: max-age=60", $"Last-Modified: {Newer}"), Get($"If-Modified-Since: {Old}").FromCache().Gives(200)),
        Case("§4.3.2", "If-Modified-Since in RFC 850's form counts", Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Get("If-Modified-Since: Monday, 23-Nov-20 12:00:00 GMT").FromCache().Gives(304)),
        Case("§4.3.2", "without Last-Modified its Date counts: not modified", Stored("Cache-Control: max-age=60", "Date: {now-10}"), Get("If-Modified-Since: {now-5}").FromCache().Gives(304)),
        Case("§4.3.2", "without Last-Modified its Date counts: modified", Stored("Cache-Control: max-age=60", "Date: {now-10}"), Get("If-Modified-Since: {now-15}").FromCache().Gives(200)),
        Case("§4.3.2", "a malformed If-Modified-Since is ignored (RFC 9110 §13.1.3)", Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Get("If-Modified-Since: tomorrow").FromCache().Gives(200)),
        Case("§4.3.2", "a cache evaluates no If-Match: it goes to the origin", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("If-Match: \"v1\"").FromOrigin().Sent("If-Match: \"v1\"")),
        Case("§4.3.2", "a cache evaluates no If-Unmodified-Since: it goes to the origin", Stored("Cache-Control: max-age=60"), Get($"If-Unmodified-Since: {Old}").FromOrigin()),
        Case("§4.3.2", "conditions are for 200 alone (RFC 9110 §13.2.1)", Get().Answers(404, "Cache-Control: max-age=60", "ETag: \"v1\"").FromOrigin(), Get("If-None-Match: \"v1\"").FromCache().Gives(404)),
        Case("§4.3.2", "a condition on HEAD gets 304 too", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Head("If-None-Match: \"v1\"").FromCache().Gives(304)),
        Case("§4.3.2", "a condition is evaluated upon what was just fetched", Get("If-None-Match: \"v1\"").Answers("Cache-Control: max-age=60", "ETag: \"v1\"").Gives(304, ""), Get().FromCache().Gives(200, "answer 1")),
        Case("§4.3.2", "a condition is evaluated upon what was just validated", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("If-None-Match: \"v1\"").After(61).Answers(304, "ETag: \"v1\"").Revalidated().Gives(304)),
        Case("§4.3.2", "a tag with obs-text matches itself", Stored("Cache-Control: max-age=60", "ETag: \"v\u00fc\""), Get().FromCache().GivesField("ETag: \"v\u00fc\"")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Answered() =>
    [
        Case("§4.3.3", "a full response to validation is used, and takes the place of the stored one", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers("Cache-Control: max-age=60", "ETag: \"v2\"").FromOrigin(), Get().FromCache().Gives(200, "answer 2")),
        Case("§4.3.3", "a 5xx to validation is forwarded where stale is forbidden", Stored("Cache-Control: max-age=60, must-revalidate", "ETag: \"v1\""), Get().After(61).Answers(503).FromOrigin()),
        Case("§4.3.3", "a 404 to validation is used", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(404).FromOrigin(), Get().Answers(404).FromOrigin()),
        Case("§4.3.4", "a 304 freshens the stored response", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"", "Cache-Control: max-age=600").Revalidated(), Get().After(500).FromCache().Gives(200, "answer 1")),
        Case("§4.3.4", "a 304 with another strong tag MUST NOT update the stored response", Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 1"), Get().After(61).Answers(304, "ETag: \"v2\"", "X: 2").Gives(502)),
        Case("§4.3.4", "a 304 with a weak tag updates what it weakly matches", Stored("Cache-Control: max-age=60", "ETag: W/\"v1\""), Get().After(61).Answers(304, "ETag: W/\"v1\"").Revalidated(), Get().FromCache()),
        Case("§4.3.4", "a 304 without validators updates the one response that was asked about", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304).Revalidated(), Get().FromCache()),
        Case("§4.3.4", "Date is the 304's from then on", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated().GivesField("Date: {now}")),
        Case("§4.3.4", "a 304's Age counts", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"", "Age: 50").Revalidated(), Get().After(11).Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§4.3.4", "an Age that the 304 does not repeat is gone", Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "Age: 50"), Get().After(11).Answers(304, "ETag: \"v1\"").Revalidated(), Get().After(5).FromCache().GivesField("Age: 5")),
        Case("§4.3.5", "a HEAD's 200 with the same validator updates the stored response",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 1", "Y: 1"), Head().After(61).Answers("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 2").Says("answer 1").FromOrigin(), Get().FromCache().GivesField("X: 2", "Y: 1").Gives(200, "answer 1")),
        Case("§4.3.5", "a HEAD's 200 with another validator makes the stored response stale",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Head("Cache-Control: no-cache").Answers("Cache-Control: max-age=60", "ETag: \"v2\"").FromOrigin(), Get().Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§4.3.5", "a HEAD's 200 with another length makes the stored response stale", Stored("Cache-Control: max-age=60"), Head("Cache-Control: no-cache").Answers("Content-Length: 3").FromOrigin(), Get().FromOrigin()),
        Case("§4.3.5", "a HEAD's 200 without validators or length matches whatever is stored, and SHOULD update it",
            Stored("Cache-Control: max-age=60", "X: 1", "Y: 1"), Head().After(61).Answers("Cache-Control: max-age=600", "X: 2", "no Content-Length").FromOrigin(), Get().After(100).FromCache().GivesField("X: 2", "Y: 1").Gives(200, "answer 1")),
        Case("§4.3.5", "a HEAD's 200 with the stored length and no validator SHOULD update", Stored("Cache-Control: max-age=60", "X: 1"), Head().After(61).Answers("Cache-Control: max-age=60", "X: 2").Says("answer 1").FromOrigin(), Get().FromCache().GivesField("X: 2")),
        Case("§4.3.5", "a HEAD's 200 with the same tag and another length makes the stored response stale",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Head("Cache-Control: no-cache").Answers("Cache-Control: max-age=60", "ETag: \"v1\"", "Content-Length: 3").FromOrigin(), Get().Answers(304, "ETag: \"v1\"").Revalidated()),
        Case("§4.3.5", "a HEAD's 200 with another Last-Modified makes the stored response stale",
            Stored("Cache-Control: max-age=60", $"Last-Modified: {Old}"), Head("Cache-Control: no-cache").Answers($"Last-Modified: {Newer}").Says("answer 1").FromOrigin(), Get().Answers(304).Revalidated()),
        Case("§4.3.5", "a HEAD's 200 with a validator that the stored response lacks makes it stale", Stored("Cache-Control: max-age=60"), Head("Cache-Control: no-cache").Answers("ETag: \"v1\"").Says("answer 1").FromOrigin(), Get().FromOrigin()),
        Case("§4.3.5", "a HEAD's 200 makes a stored error stale", Get().Answers(404, "Cache-Control: max-age=60").FromOrigin(), Head("Cache-Control: no-cache").Answers("Cache-Control: max-age=60").Says("answer 1").FromOrigin(), Get().FromOrigin()),
        Case("§4.3.5", "each stored response that could have been chosen is updated, and no other",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"v1\"", "X: 1").FromOrigin(),
            Get("Foo: 2").Answers("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"v1\"", "X: 2").FromOrigin(),
            Head("Foo: 1", "Cache-Control: no-cache").Answers("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"v1\"", "X: 3").Says("answer 1").FromOrigin(),
            Get("Foo: 1").FromCache().GivesField("X: 3"), Get("Foo: 2").FromCache().GivesField("X: 2")),
        Case("§4.3.5", "a HEAD with no-store updates nothing (§5.2.1.5)",
            Stored("Cache-Control: max-age=60", "X: 1"), Head("Cache-Control: no-store").Answers("X: 2").Says("answer 1").FromOrigin(), Get().FromCache().GivesField("X: 1")),
        Case("§4.3.5", "a HEAD's 200 that may not be stored leaves nothing behind", Stored("Cache-Control: max-age=60"), Head("Cache-Control: no-cache").Answers("Cache-Control: no-store").Says("answer 1").FromOrigin(), Get().FromOrigin()),
        Case("§4.3.5", "a HEAD's 404 changes nothing that is stored", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Head("Cache-Control: no-cache").Answers(404).FromOrigin(), Get().FromCache()),
        Case("§4.3.5", "an authorized HEAD's 200 with another validator says nothing of the copy that all share",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Head("Cache-Control: no-cache", "Authorization: Basic x").Answers("Cache-Control: max-age=60", "ETag: \"v2\"").FromOrigin(), Get().FromCache()),
        Case("§4.3.5", "an authorized HEAD changes nothing that is stored",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 1"), Head("Cache-Control: no-cache", "Authorization: Basic x").Answers("Cache-Control: max-age=60", "ETag: \"v1\"", "X: 2").Says("answer 1").FromOrigin(), Get().FromCache().GivesField("X: 1")),
    ];

    /// <summary>RFC 9110 §9.3.3: a POST's answer that is, by its own Content-Location, what a GET would get.</summary>
    public static IEnumerable<TheoryDataRow<Scenario>> Posting() =>
    [
        .. from location in (string[])["{url}", "{edge}{url}"]
           select Case("RFC 9110 §9.3.3", $"a POST's answer with explicit freshness and Content-Location: {location} is stored for later GETs and HEADs",
               Ask("POST", "x").Answers("Cache-Control: max-age=60", $"Content-Location: {location}", "X: 1").FromOrigin(), Get().After(7).FromCache().Gives(200, "answer 1").GivesField("Age: 7", "X: 1"), Head().FromCache()),
        Case("RFC 9110 §9.3.3", "Expires is explicit freshness", Ask("POST", "x").Answers("Expires: {now+60}", "Content-Location: {url}").FromOrigin(), Get().FromCache()),
        Case("RFC 9110 §9.3.3", "a POST cannot be answered from a stored response, its own or another's",
            Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromCache().Gives(200, "answer 2")),
        Case("RFC 9110 §9.3.3", "without explicit freshness it is not stored", Ask("POST", "x").Answers("Last-Modified: {now-86400}", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        Case("RFC 9110 §9.3.3", "without Content-Location it is not stored", Ask("POST", "x").Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        .. from location in (string[])["{url}/other", "{url}?x", "http://127.0.0.1:1{url}", ":"]
           select Case("RFC 9110 §9.3.3", $"with Content-Location: {location} it is not stored", Ask("POST", "x").Answers("Cache-Control: max-age=60", $"Content-Location: {location}").FromOrigin(), Get().FromOrigin(), Get().At("/other").FromOrigin()),
        Case("RFC 9110 §9.3.3", "with two Content-Locations it is not stored", Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        .. from status in (int[])[201, 202, 303, 404]
           select Case("RFC 9110 §9.3.3", $"a POST's {status} tells of the action and is not stored (decision 0011)", Ask("POST", "x").Answers(status, "Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        .. from method in (string[])["PUT", "PATCH", "FOO"]
           select Case("RFC 9110 §9.3.4", $"{method} is not cacheable", Ask(method, "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        .. from control in (string[])["no-store, max-age=60", "private, max-age=60"]
           select Case("§3", $"a POST's answer with {control} is not stored", Ask("POST", "x").Answers($"Cache-Control: {control}", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        Case("§5.2.1.5", "the answer to a POST with no-store is not stored", Ask("POST", "x", "Cache-Control: no-store").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        Case("§3.5", "the answer to an authorized POST needs permission", Ask("POST", "x", "Authorization: Basic x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromOrigin()),
        Case("§4.1", "a POST's answer is selected by the POST's fields", Ask("POST", "x", "Foo: 1").Answers("Cache-Control: max-age=60", "Content-Location: {url}", "Vary: Foo").FromOrigin(), Get("Foo: 2").FromOrigin(), Get("Foo: 1").FromCache().Gives(200, "answer 1")),
        Case("§4.4", "a POST whose answer is stored invalidates what was", Stored("Cache-Control: max-age=60"), Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin(), Get().FromCache().Gives(200, "answer 2")),
        Case("§3.3", "a POST's answer that was cut short is not stored", Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").Cuts(), Get().FromOrigin()),
        Case("§3.1", "Set-Cookie keeps a POST's answer out of the store", Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}", "Set-Cookie: a=b").FromOrigin().GivesField("Set-Cookie: a=b"), Get().FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Invalidating() =>
    [
        .. from method in (string[])["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "FOO"]
           from pair in ((int Status, bool Voids)[])[(200, true), (204, true), (303, true), (404, false), (500, false)]
           select Case("§4.4", $"{method} answered by {pair.Status} {(pair.Voids ? "MUST invalidate" : "does not invalidate")} its target",
               Stored("Cache-Control: max-age=60"), Ask(method, "x").Answers(pair.Status).FromOrigin(), pair.Voids ? Get().FromOrigin() : Get().FromCache()),
        .. from method in (string[])["OPTIONS", "PROPFIND"]
           select Case("§4.4", $"{method} is safe and invalidates nothing", Stored("Cache-Control: max-age=60"), Ask(method).FromOrigin(), Get().FromCache()),
        .. from field in (string[])["Location", "Content-Location"]
           from uri in (string[])["{url}/other", "{edge}{url}/other", "other"]
           select Case("§4.4", $"{field}: {uri} invalidates what it names, of the same origin",
               Get().At("/other").Answers("Cache-Control: max-age=60").FromOrigin(), Ask("POST", "x").At("/this").Answers($"{field}: {uri}").FromOrigin(), Get().At("/other").FromOrigin()),
        .. from field in (string[])["Location", "Content-Location"]
           select Case("§4.4", $"{field} of another origin MUST NOT invalidate",
               Get().At("/other").Answers("Cache-Control: max-age=60").FromOrigin(), Ask("POST", "x").At("/this").Answers($"{field}: http://127.0.0.1:1{{url}}/other").FromOrigin(), Get().At("/other").FromCache()),
        Case("§4.4", "Location of a failed request invalidates nothing",
            Get().At("/other").Answers("Cache-Control: max-age=60").FromOrigin(), Ask("POST", "x").At("/this").Answers(500, "Location: {url}/other").FromOrigin(), Get().At("/other").FromCache()),
        Case("§4.4", "all variants of the target are invalidated",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Ask("POST", "x").FromOrigin(), Get("Foo: 1").FromOrigin(), Get("Foo: 2").FromOrigin()),
    ];

    [Theory, MemberData(nameof(Sending)), MemberData(nameof(Received)), MemberData(nameof(Answered)), MemberData(nameof(Posting)), MemberData(nameof(Invalidating))]
    public Task Validation_and_invalidation(Scenario scenario) => RunAsync(scenario);
}
