using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9111 §4 to §4.2: when a stored response may be reused.</summary>
public class Section4Tests(ScenarioEdge edge) : SectionTable(edge)
{
    public static IEnumerable<TheoryDataRow<Scenario>> Constructing() =>
    [
        Case("§4", "MUST NOT reuse unless the URI matches", Get().At("?a=1").Answers("Cache-Control: max-age=60").FromOrigin(), Get().At("?a=2").FromOrigin(), Get().At("?a=1").FromCache(), Get().At("/b").FromOrigin()),
        Case("§4", "MUST NOT reuse unless the stored response's method allows: a PUT's answer is no GET's", Ask("PUT", "x").Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        Case("§4", "a stored GET answers a HEAD", Stored("Cache-Control: max-age=60", "X: 1"), Head().FromCache().GivesField("X: 1", "Content-Length: 8").Gives(200, "")),
        Case("§4", "a HEAD's answer is no GET's", Head().Answers("Cache-Control: max-age=60").FromOrigin(), Get().FromOrigin()),
        Case("§4", "MUST NOT reuse a response with no-cache until it is validated",
            Stored("Cache-Control: max-age=60, no-cache", "ETag: \"v1\""), Get().Answers(304, "ETag: \"v1\"").Revalidated().Sent("If-None-Match: \"v1\"")),
        Case("§4", "MUST generate Age when a stored response is used unvalidated", Stored("Cache-Control: max-age=60").GivesNo("Age"), Get().After(7).FromCache().GivesField("Age: 7")),
        Case("§4", "the Age of the stored response is replaced", Stored("Cache-Control: max-age=60", "Age: 20"), Get().After(7).FromCache().GivesField("Age: 27")),
        Case("§4", "Age grows with Expires as with max-age", Stored("Expires: {now+60}", "Age: 30"), Get().After(3).FromCache().GivesField("Age: 33")),
        Case("§4", "Date is not updated when a stored response is used", Stored("Cache-Control: max-age=60", "Date: {now-5}"), Get().FromCache().GivesField("Date: {now-5}")),
        Case("§4", "Expires is left as it is", Stored("Expires: Tue, 24 Nov 2026 12:00:00 GMT"), Get().FromCache().GivesField("Expires: Tue, 24 Nov 2026 12:00:00 GMT")),
        Case("§4", "MUST write through requests with unsafe methods", Stored("Cache-Control: max-age=60"), Ask("POST", "x").FromOrigin(), Ask("PATCH", "x").FromOrigin()),
        Case("§4", "MUST use the most recent of several that fit",
            Stored("Cache-Control: max-age=60", "X: 1"), Get("Cache-Control: no-cache").After(1).Answers("Cache-Control: max-age=60", "X: 2").FromOrigin(), Get().FromCache().GivesField("X: 2")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Varying() =>
    [
        Case("§4.1", "MUST NOT use a response whose Vary names a field with another value", Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 2").FromOrigin()),
        Case("§4.1", "a field with the same value matches", Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 1", "Bar: 2").FromCache()),
        Case("§4.1", "Vary's names have no case", Get("Foo: 1").Answers("Cache-Control: max-age=60", "vary: fOO").FromOrigin(), Get("fOo: 1").FromCache()),
        Case("§4.1", "a field absent from the stored request MUST be absent from the new one", Stored("Cache-Control: max-age=60", "Vary: Foo"), Get("Foo: 1").FromOrigin()),
        Case("§4.1", "a field absent from the new request MUST be absent from the stored one", Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get().FromOrigin()),
        Case("§4.1", "a field absent from both matches", Stored("Cache-Control: max-age=60", "Vary: Foo"), Get().FromCache()),
        Case("§4.1", "all fields that Vary names must match", Get("A: 1", "B: 2").Answers("Cache-Control: max-age=60", "Vary: A, B").FromOrigin(), Get("A: 1", "B: 3").FromOrigin(), Get("B: 2", "A: 1").FromCache()),
        Case("§4.1", "Vary on several lines is one list", Get("A: 1", "B: 2").Answers("Cache-Control: max-age=60", "Vary: A", "Vary: B").FromOrigin(), Get("A: 1", "B: 3").FromOrigin()),
        .. from star in (string[])["*", "*, *", ", *", "Foo, *", "*, Foo"]
           select Case("§4.1", $"Vary: {star} always fails to match", Get("Foo: 1").Answers("Cache-Control: max-age=60", $"Vary: {star}").FromOrigin(), Get("Foo: 1").FromOrigin()),
        .. from vary in (string[])["Accept-Encoding; User-Agent", "Foo Bar", "\"Foo\"", "Foo, (x)"]
           select Case("§4.1", $"Vary: {vary} names no fields, so nobody knows what selects (decision 0011)", Get("Foo: 1").Answers("Cache-Control: max-age=60", $"Vary: {vary}").FromOrigin(), Get("Foo: 1").FromOrigin()),
        Case("§4.1", "Vary: * on a line of its own always fails to match", Stored("Cache-Control: max-age=60", "Vary: Foo", "Vary: *"), Get().FromOrigin()),
        Case("§4.1", "two variants live side by side",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(),
            Get("Foo: 1").FromCache().Gives(200, "answer 1"), Get("Foo: 2").FromCache().Gives(200, "answer 2")),
        Case("§4.1", "lines of one field may be combined", Get("Foo: 1, 2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 1", "Foo: 2").FromCache()),
        Case("§4.1", "white space around members does not count", Get("Foo: 1,2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo:  1 ,  2").FromCache()),
        Case("§4.1", "the order of members counts where nothing says otherwise", Get("Foo: 1, 2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 2, 1").FromOrigin()),
        Case("§4.1", "Accept-Language: case, order of equals and white space do not count", Get("Accept-Language: en, de").Answers("Cache-Control: max-age=60", "Vary: Accept-Language").FromOrigin(), Get("Accept-Language:  DE,en").FromCache()),
        Case("§4.1", "Accept-Language: weights count", Get("Accept-Language: en, de;q=0.5").Answers("Cache-Control: max-age=60", "Vary: Accept-Language").FromOrigin(), Get("Accept-Language: en;q=0.5, de").FromOrigin()),
        Case("§4.1", "Accept-Encoding: order does not count, codings do", Get("Accept-Encoding: gzip, br").Answers("Cache-Control: max-age=60", "Vary: Accept-Encoding").FromOrigin(), Get("Accept-Encoding: br,gzip").FromCache(), Get("Accept-Encoding: br").FromOrigin()),
        Case("§4.1", "a variant that is not there is fetched, not refused, and the others stay",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo", "ETag: \"v1\"").FromOrigin(), Get("Foo: 2").Answers("Cache-Control: no-store").FromOrigin(), Get("Foo: 1").FromCache()),
        Case("§4.1", "Vary is passed on as it came where no coding but the origin's is offered", Stored("Cache-Control: max-age=60", "Vary: Foo", "Content-Type: text/plain").GivesField("Vary: Foo"), Get().FromCache().GivesField("Vary: Foo")),
        Case("§4.1", "a Vary that a 304 brings counts from then on",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "ETag: \"v1\"").FromOrigin(), Get("Foo: 1").After(61).Answers(304, "ETag: \"v1\"", "Vary: Foo").Revalidated(), Get("Foo: 2").FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Freshness() =>
    [
        Case("§4.2", "a response is fresh while its age is below its lifetime", Stored("Cache-Control: max-age=60"), Get().After(59).FromCache()),
        Case("§4.2", "a response is stale once its age is its lifetime", Stored("Cache-Control: max-age=60"), Get().After(60).FromOrigin()),
        Case("§4.2", "a response without freshness is not reused", Stored(), Get().FromOrigin()),
        Case("§4.2.1", "s-maxage comes before max-age", Stored("Cache-Control: max-age=60, s-maxage=10"), Get().After(11).FromOrigin()),
        Case("§4.2.1", "s-maxage comes before Expires", Stored("Cache-Control: s-maxage=60", "Expires: {now-60}"), Get().FromCache()),
        Case("§4.2.1", "max-age comes before Expires", Stored("Cache-Control: max-age=60", "Expires: {now-60}"), Get().FromCache()),
        Case("§4.2.1", "max-age=0 comes before a future Expires", Stored("Cache-Control: max-age=0", "Expires: {now+60}"), Get().FromOrigin()),
        Case("§4.2.1", "Expires counts from Date", Stored("Date: {now-100}", "Expires: {now+60}"), Get().After(59).FromCache(), Get().After(2).FromOrigin()),
        Case("§4.2.1", "Expires counts from Date though the origin's clock is fast", Stored("Date: {now+1000}", "Expires: {now+1030}"), Get().After(29).FromCache(), Get().After(2).FromOrigin()),
        Case("§4.2.1", "of several different values either the first counts, or the response is stale: stale here", Stored("Cache-Control: max-age=60, max-age=70"), Get().FromOrigin()),
        Case("§4.2.1", "a value given twice is no conflict", Stored("Cache-Control: max-age=60", "Cache-Control: max-age=60"), Get().FromCache()),
        Case("§4.2.1", "of several Expires the response is stale", Stored("Expires: {now+60}", "Expires: {now+90}"), Get().FromOrigin()),
        .. from value in (string[])["-1", "1.5", "60.0", "60s", "s60", "'60'", "", "0x60", "+60", "= 60", "1e3"]
           select Case("§4.2.1", $"max-age={value} is invalid: stale, as caches are encouraged", Stored($"Cache-Control: max-age={value}"), Get().FromOrigin()),
        Case("§4.2.1", "max-age without a value is invalid: stale", Stored("Cache-Control: max-age"), Get().FromOrigin()),
        Case("§4.2.1", "white space before the equals sign makes another directive", Stored("Cache-Control: max-age =60"), Get().FromOrigin()),
        Case("§1.2.2", "leading zeros do not count", Stored("Cache-Control: max-age=0060"), Get().FromCache()),
        .. from value in (string[])["2147483647", "2147483648", "2147483649", "99999999999", "99999999999999999999999"]
           select Case("§1.2.2", $"max-age={value} is as long as 2^31 seconds at least", Stored($"Cache-Control: max-age={value}"), Get().After(100_000).FromCache()),
        Case("§4.2", "dates are matched without case", Stored("Expires: TUE, 19 jan 2038 03:14:08 gmt"), Get().FromCache()),
        .. from date in (string[])["Tuesday, 19-Jan-38 03:14:08 GMT", "Tue Jan 19 03:14:08 2038", "Sun, 21 Nov 2286 04:46:39 GMT", "Thu Aug  8 02:01:18 2050"]
           select Case("§4.2", $"{date} is a date", Stored($"Expires: {date}"), Get().FromCache()),
        .. from date in (string[])["0", "-1", "never", "Tue, 19 Jan 2038 03:14:08 UTC", "Tue, 19 Jan 2038 03:14:08 AEST", "Tue, 19 Jan 2038 03:14:08 +0000", "Tue, 19 Jan 38 03:14:08 GMT", "Tue 19 Jan 2038 03:14:08 GMT",
               "Tue, 19  Jan  2038 03:14:08 GMT", "Tue, 19-Jan-2038 03:14:08 GMT", "Tue, 19 Jan 2038 03.14.08 GMT", "Tue, 19 Jan 2038 3:14:08 GMT", "Tue, 32 Jan 2038 03:14:08 GMT"]
           select Case("§5.3", $"Expires: {date} is invalid and MUST be taken as a time in the past", Stored($"Expires: {date}"), Get().FromOrigin()),
        Case("§4.2.2", "MUST NOT guess when the response states its freshness", Stored("Expires: {now-60}", "Last-Modified: {now-864000}"), Get().Answers(304).Revalidated()),
        Case("§4.2.2", "a guess is a tenth of the time since modification", Stored("Last-Modified: {now-600}"), Get().After(59).FromCache(), Get().After(2).Answers(304).Revalidated()),
        Case("§4.2.2", "a guess is never more than a day", Stored("Last-Modified: Mon, 23 Nov 2020 12:00:00 GMT"), Get().After(86_399).FromCache(), Get().After(2).Answers(304).Revalidated()),
        Case("§4.2.2", "nothing is guessed from a Last-Modified in the future", Stored("Last-Modified: {now+600}"), Get().Answers(304).Revalidated()),
        Case("§4.2.2", "nothing is guessed for a request with cookies (decision 0011)", Get("Cookie: a=1").Answers("Last-Modified: {now-86400}").FromOrigin(), Get("Cookie: a=1").FromOrigin()),
        .. from status in (int[])[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]
           select Case("§4.2.2", $"freshness may be guessed for {status} (RFC 9110 §15.1)", Get().Answers(status, "Last-Modified: {now-86400}").FromOrigin(), Get().FromCache().Gives(status)),
        .. from status in (int[])[201, 202, 302, 303, 307, 400, 403, 451, 500, 502, 503, 504, 599]
           select Case("§4.2.2", $"MUST NOT guess for {status}", Get().Answers(status, "Last-Modified: {now-86400}").FromOrigin(), Get().Answers(status).FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Age() =>
    [
        Case("§4.2.3", "Age counts: older than its lifetime is stale", Stored("Cache-Control: max-age=60", "Age: 70"), Get().FromOrigin()),
        Case("§4.2.3", "what Age leaves of the lifetime is left", Stored("Cache-Control: max-age=60", "Age: 50"), Get().After(9).FromCache(), Get().After(2).FromOrigin()),
        Case("§4.2.3", "apparent age counts where Date is older than Age says", Stored("Cache-Control: max-age=60", "Date: {now-50}"), Get().After(9).FromCache().GivesField("Age: 59"), Get().After(2).FromOrigin()),
        Case("§4.2.3", "the time that the answer took counts", Get().Answers("Cache-Control: max-age=60").Takes(20).FromOrigin(), Get().FromCache().GivesField("Age: 20")),
        Case("§4.2.3", "a Date ahead of our clock is no negative age", Stored("Cache-Control: max-age=60", "Date: {now+500}"), Get().After(5).FromCache().GivesField("Age: 5")),
        Case("§4.2.3", "without Date the time of arrival counts", Stored("Cache-Control: max-age=60", "no Date"), Get().After(5).FromCache().GivesField("Age: 5", "Date: {now-5}")),
        Case("§5.1", "of a list the first Age counts", Stored("Cache-Control: max-age=60", "Age: 0, 100"), Get().FromCache()),
        Case("§5.1", "of a list the first Age counts, when it is old too", Stored("Cache-Control: max-age=60", "Age: 100, 0"), Get().FromOrigin()),
        Case("§5.1", "of several lines the first counts", Stored("Cache-Control: max-age=60", "Age: 0", "Age: 100"), Get().FromCache()),
        Case("§5.1", "of several lines the first counts, when it is old too", Stored("Cache-Control: max-age=60", "Age: 100", "Age: 0"), Get().FromOrigin()),
        Case("§5.1", "a repeated Age is no fault", Stored("Cache-Control: max-age=60", "Age: 0", "Age: 0"), Get().FromCache()),
        .. from age in (string[])["abc", "-100", "100.0", "100;a=b", "", "0x100"]
           select Case("§5.1", $"Age: {age} is invalid and ignored", Stored("Cache-Control: max-age=60", $"Age: {age}"), Get().FromCache()),
        .. from age in (string[])["2147483647", "2147483648", "2147483649", "99999999999999999999"]
           select Case("§1.2.2", $"Age: {age} is very old", Stored("Cache-Control: max-age=60", $"Age: {age}"), Get().FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Stale() =>
    [
        .. from directive in (string[])["no-cache", "must-revalidate", "proxy-revalidate", "s-maxage=60"]
           select Case("§4.2.4", $"MUST NOT serve stale where {directive} forbids it, though the origin is out",
               Stored($"Cache-Control: max-age=60, {directive}"), Get().After(61).HangsUp().Gives(502)),
        Case("§4.2.4", "stale may be served when the origin is out (the route's contract is available)", Stored("Cache-Control: max-age=60"), Get().After(61).HangsUp().Gives(200, "answer 1").GivesField("Age: 61")),
        Case("§4.2.4", "stale may be served when the origin is in error", Stored("Cache-Control: max-age=60"), Get().After(61).Answers(503).Gives(200, "answer 1")),
        Case("§4.2.4", "stale MUST NOT be served while the origin answers", Stored("Cache-Control: max-age=60"), Get().After(61).FromOrigin()),
        Case("§4.2.4", "a stale error does not stand in for a new one", Get().Answers(503, "Cache-Control: max-age=60").FromOrigin(), Get().After(61).Answers(503).FromOrigin()),
    ];

    [Theory, MemberData(nameof(Constructing)), MemberData(nameof(Varying)), MemberData(nameof(Freshness)), MemberData(nameof(Age)), MemberData(nameof(Stale))]
    public Task Reusing_responses(Scenario scenario) => RunAsync(scenario);
}
