using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>What leans on RFC 9111: stale content (5861), ranges (9110 §14) and targeted fields (9213).</summary>
public class ExtensionTests(ScenarioEdge edge) : SectionTable(edge)
{
    private const string Old = "Mon, 23 Nov 2020 12:00:00 GMT";
    private const string Digits = "0123456789";

    public static IEnumerable<TheoryDataRow<Scenario>> StaleContent() =>
    [
        Case("RFC 5861 §3", "stale-while-revalidate: stale is served, and the copy renewed behind it",
            Stored("Cache-Control: max-age=60, stale-while-revalidate=30"), Get().After(90).Answers("Cache-Control: max-age=60").FromCacheThenAsked(), Get().After(1).FromCache().Gives(200, "answer 2")),
        Case("RFC 5861 §3", "stale-while-revalidate: not beyond its time", Stored("Cache-Control: max-age=60, stale-while-revalidate=30"), Get().After(91).FromOrigin()),
        Case("RFC 5861 §3", "stale-while-revalidate: renewing is conditional", Stored("Cache-Control: max-age=60, stale-while-revalidate=30", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").FromCacheThenAsked().Sent("If-None-Match: \"v1\"")),
        Case("RFC 5861 §3", "stale-while-revalidate: a HEAD renews nothing behind its reply", Stored("Cache-Control: max-age=60, stale-while-revalidate=30"), Head().After(61).FromCache(), Get().Answers("Cache-Control: max-age=60").FromCacheThenAsked()),
        .. from directive in (string[])["must-revalidate", "no-cache", "proxy-revalidate"]
           select Case("RFC 5861 §3", $"stale-while-revalidate does not outweigh {directive}", Stored($"Cache-Control: max-age=60, stale-while-revalidate=30, {directive}"), Get().After(61).FromOrigin()),
        Case("RFC 5861 §3", "an unreadable stale-while-revalidate is none", Stored("Cache-Control: max-age=60, stale-while-revalidate=x"), Get().After(61).FromOrigin()),
        Case("RFC 5861 §4", "stale-if-error: stale is served for an unreachable origin", Stored("Cache-Control: max-age=60, stale-if-error=30"), Get().After(90).HangsUp().Gives(200, "answer 1")),
        .. from status in (int[])[500, 502, 503, 504]
           select Case("RFC 5861 §4", $"stale-if-error: stale is served for a {status}", Stored("Cache-Control: max-age=60, stale-if-error=30"), Get().After(61).Answers(status).Gives(200, "answer 1")),
        Case("RFC 5861 §4", "stale-if-error: a 404 is no error", Stored("Cache-Control: max-age=60, stale-if-error=30"), Get().After(61).Answers(404).FromOrigin()),
        Case("RFC 5861 §4", "stale-if-error: not beyond its time", Stored("Cache-Control: max-age=60, stale-if-error=30"), Get().After(91).Answers(503).FromOrigin()),
        Case("RFC 5861 §4", "stale-if-error does not outweigh must-revalidate", Stored("Cache-Control: max-age=60, stale-if-error=30, must-revalidate"), Get().After(61).Answers(503).FromOrigin()),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Ranges() =>
    [
        .. from pair in ((string Range, string Body, string Field)[])[("0-1", "01", "0-1"), ("1-", "123456789", "1-9"), ("-1", "9", "9-9"), ("-100", Digits, "0-9"), ("8-100", "89", "8-9"), ("0-0", "0", "0-0")]
           select Case("RFC 9110 §14.1.2", $"bytes={pair.Range} of a stored response is served as 206",
               Whole(), Get($"Range: bytes={pair.Range}").FromCache().Gives(206, pair.Body).GivesField($"Content-Range: bytes {pair.Field}/10", $"Content-Length: {pair.Body.Length}", "X: 1")),
        .. from range in (string[])["bytes=5-4", "bytes=a-b", "bytes=", "items=0-1", "bytes 0-1", "bytes=0-1-2"]
           select Case("RFC 9110 §14.2", $"{range} is invalid and ignored", Whole(), Get($"Range: {range}").FromCache().Gives(200, Digits).GivesNo("Content-Range")),
        .. from range in (string[])["bytes=10-", "bytes=-0", "bytes=20-30, 40-50"]
           select Case("RFC 9110 §15.5.17", $"{range} cannot be satisfied and gets 416", Whole(), Get($"Range: {range}").FromCache().Gives(416, "").GivesField("Content-Range: bytes */10")),
        Case("RFC 9110 §14.2", "Range is for GET alone", Whole(), Head("Range: bytes=0-1").FromCache().Gives(200).GivesNo("Content-Range")),
        Case("RFC 9110 §14.2", "Range is for 200 alone", Get().Answers(404, "Cache-Control: max-age=60").FromOrigin(), Get("Range: bytes=0-1").FromCache().Gives(404)),
        Case("RFC 9110 §15.3.7.2", "ranges that overlap or all but touch are joined", Whole(), Get("Range: bytes=0-1, 4-5, 1-2").FromCache().Gives(206, "012345").GivesField("Content-Range: bytes 0-5/10")),
        Case("RFC 9110 §14.2", "more ranges than are worth it get the whole", Whole(), Get($"Range: bytes={string.Join(',', Enumerable.Repeat("0-0", 17))}").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.1.5", "If-Range with the strong tag applies", Whole("ETag: \"v1\""), Get("Range: bytes=0-1", "If-Range: \"v1\"").FromCache().Gives(206, "01")),
        Case("RFC 9110 §13.1.5", "If-Range with another tag gets the whole", Whole("ETag: \"v1\""), Get("Range: bytes=0-1", "If-Range: \"v2\"").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.1.5", "If-Range MUST NOT match a weak tag", Whole("ETag: W/\"v1\""), Get("Range: bytes=0-1", "If-Range: W/\"v1\"").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.1.5", "If-Range with the very date applies", Whole($"Last-Modified: {Old}"), Get("Range: bytes=0-1", $"If-Range: {Old}").FromCache().Gives(206, "01")),
        Case("RFC 9110 §13.1.5", "If-Range with a later date gets the whole", Whole($"Last-Modified: {Old}"), Get("Range: bytes=0-1", "If-Range: Tue, 24 Nov 2020 12:00:00 GMT").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.1.5", "If-Range with a date of the second of the answer is weak and gets the whole", Whole("Last-Modified: {now}"), Get("Range: bytes=0-1", "If-Range: {now}").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.1.5", "If-Range without Range means nothing", Whole("ETag: \"v1\""), Get("If-Range: \"v2\"").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §13.2.2", "If-None-Match comes before Range", Whole("ETag: \"v1\""), Get("Range: bytes=0-1", "If-None-Match: \"v1\"").FromCache().Gives(304)),
        Case("RFC 9110 §15.3.7", "a 206 MUST have the fields that the 200 would have",
            Whole("ETag: \"v1\"", "Vary: Foo", "Content-Location: /x", "Expires: Tue, 24 Nov 2026 12:00:00 GMT", "Date: {now-5}"),
            Get("Range: bytes=0-1").FromCache().Gives(206, "01").GivesField("ETag: \"v1\"", "Vary: Foo", "Content-Location: /x", "Expires: Tue, 24 Nov 2026 12:00:00 GMT", "Date: {now-5}", "Cache-Control: max-age=60")),
        Case("RFC 9110 §15.4.5", "a 304 MUST have the fields for caches that the 200 would have, Date too",
            Whole("ETag: \"v1\"", "Vary: Foo", "Content-Location: /x", "Date: {now-5}"), Get("If-None-Match: \"v1\"").FromCache().Gives(304).GivesField("ETag: \"v1\"", "Vary: Foo", "Content-Location: /x", "Date: {now-5}", "Cache-Control: max-age=60")),
        Case("RFC 9110 §13.1.3", "If-Modified-Since with two values MUST be ignored", Whole($"Last-Modified: {Old}"), Get($"If-Modified-Since: {Old}", $"If-Modified-Since: {Old}").FromCache().Gives(200, Digits)),
        Case("RFC 9110 §14.3", "a range of what is not stored gets the origin's answer", Get("Range: bytes=0-1").Answers(206, "Content-Range: bytes 0-1/10", "Cache-Control: max-age=60").Says("01").Gives(206, "01")),
    ];

    public static IEnumerable<TheoryDataRow<Scenario>> Targeted() =>
    [
        .. from field in (string[])["CDN-Cache-Control", "Surrogate-Control"]
           from row in TargetedBy(field)
           select row,
        Case("RFC 9213 §2.1", "keys have case: an upper-case key is a fault", Stored("CDN-Cache-Control: Max-Age=60"), Get().FromOrigin()),
        .. from value in (string[])["max-age=60, &&&", "max-age=\"60\"", "max-age=60,", "max-age =60", "max-age= 60", "max-age=6.0", "max-age", "max-age=60 no-store", ""]
           select Case("RFC 9213 §2.1", $"CDN-Cache-Control: {value} is faulty or empty and MUST be ignored as a whole", Stored($"CDN-Cache-Control: {value}", "Cache-Control: no-store"), Get().FromOrigin()),
        .. from value in (string[])["max-age=60, &&&", "no-store=1"]
           select Case("RFC 9213 §2.1", $"when CDN-Cache-Control: {value} is ignored Cache-Control counts", Stored($"CDN-Cache-Control: {value}", "Cache-Control: max-age=60"), Get().FromCache()),
        Case("RFC 9213 §2.1", "parameters on a directive are ignored", Stored("CDN-Cache-Control: max-age=60;a=b, foo=(1 2);c"), Get().FromCache()),
        Case("RFC 9213 §2.2", "the first field of the list that is there counts", Stored("CDN-Cache-Control: max-age=60", "Surrogate-Control: no-store"), Get().FromCache()),
        Case("RFC 9213 §3.1", "the field is passed on to the caches behind", Stored("CDN-Cache-Control: max-age=60").GivesField("CDN-Cache-Control: max-age=60"), Get().FromCache().GivesField("CDN-Cache-Control: max-age=60")),
        Case("Edge Architecture", "origins are told the name that targets a surrogate", Get().FromOrigin().Sent("Surrogate-Capability: millrace=\"Surrogate/1.0\"")),
        Case("Edge Architecture", "a member for another surrogate is ignored", Stored("Surrogate-Control: max-age=60;other", "Cache-Control: no-store"), Get().FromOrigin()),
        Case("Edge Architecture", "a member for us counts", Stored("Surrogate-Control: max-age=60;millrace", "Cache-Control: no-store"), Get().FromCache()),
    ];

    [Theory, MemberData(nameof(StaleContent)), MemberData(nameof(Ranges)), MemberData(nameof(Targeted))]
    public Task Extensions(Scenario scenario) => RunAsync(scenario);

    [Fact]
    public async Task Several_ranges_far_apart_come_in_parts()
    {
        var body = string.Concat(Enumerable.Range(0, 100).Select(static i => $"{i:D4}"));
        await using var harness = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(body));
        });
        await harness.GetAsync("/a");
        var reply = await harness.GetAsync("/a", ("Range", "bytes=200-203, 0-3, 9999-"));
        var boundary = reply.Headers["Content-Type"]["multipart/byteranges; boundary=".Length..];
        Assert.Equal((206, 1), (reply.Status, harness.OriginRequests));
        Assert.Equal(
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 200-203/400\r\n\r\n0050\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-3/400\r\n\r\n0000\r\n--{boundary}--\r\n",
            reply.Text);
        Assert.False(reply.Headers.ContainsKey("Content-Range"), "each part has its own");
        Assert.Equal(reply.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), reply.Headers["Content-Length"]);
    }

    private static Step Whole(params string[] fields) => Stored(["Cache-Control: max-age=60", "X: 1", .. fields]).Says(Digits);

    private static IEnumerable<TheoryDataRow<Scenario>> TargetedBy(string field) =>
    [
        Case("RFC 9213 §2.2", $"{field} gives freshness where Cache-Control is absent", Stored($"{field}: max-age=60"), Get().After(59).FromCache(), Get().After(2).FromOrigin()),
        Case("RFC 9213 §2.2", $"{field} counts in place of a longer Cache-Control", Stored($"{field}: max-age=1", "Cache-Control: max-age=60"), Get().After(2).FromOrigin()),
        Case("RFC 9213 §2.2", $"{field} counts in place of a shorter Cache-Control", Stored($"{field}: max-age=60", "Cache-Control: max-age=1"), Get().After(2).FromCache()),
        Case("RFC 9213 §2.2", $"{field} counts in place of Expires", Stored($"{field}: max-age=60", "Expires: {now-60}"), Get().FromCache()),
        Case("RFC 9213 §2.2", $"{field}: max-age=0 counts in place of a future Expires", Stored($"{field}: max-age=0", "Expires: {now+60}"), Get().FromOrigin()),
        Case("RFC 9213 §2.2", $"{field} counts in place of Cache-Control: no-store", Stored($"{field}: max-age=60", "Cache-Control: no-store"), Get().FromCache()),
        Case("RFC 9213 §2.2", $"{field}: no-store counts in place of a fresh Cache-Control", Stored($"{field}: no-store", "Cache-Control: max-age=60", "Expires: {now+60}"), Get().FromOrigin()),
        Case("RFC 9213 §2.2", $"{field}: private counts", Stored($"{field}: private", "Cache-Control: max-age=60"), Get().FromOrigin()),
        Case("RFC 9213 §2.2", $"{field}: no-cache counts", Stored($"{field}: no-cache", "Cache-Control: max-age=60"), Get().FromOrigin()),
        Case("RFC 9213 §2.2", $"{field} with a directive that is not known", Stored($"{field}: foobar, max-age=60"), Get().FromCache()),
        Case("RFC 9213 §2.2", $"{field}: Age counts against it", Stored($"{field}: max-age=60", "Age: 70"), Get().FromOrigin()),
        Case("RFC 9213 §2.2", $"{field}: max-age as large as it may be", Stored($"{field}: max-age=99999999999"), Get().After(100_000).FromCache()),
        Case("RFC 9213 §2.2", $"{field}: permission for authorized requests is read from it", Get("Authorization: Basic x").Answers($"{field}: max-age=60", "Cache-Control: public").FromOrigin(), Get().FromOrigin()),
    ];
}
