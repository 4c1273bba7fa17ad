using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Routes;
using static Millrace.Delivery.Tests.Rfc9111.Step;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>RFC 9211, parameter by parameter. collapsed stands with the flights that it tells of (CoalescingTests, FlightTests), and contracts with theirs.</summary>
public class CacheStatusTests(ScenarioEdge edge) : SectionTable(edge)
{
    public static IEnumerable<TheoryDataRow<Scenario>> Parameters() =>
    [
        Case("RFC 9211 §2", "the members of caches before ours stand before our own",
            Stored("Cache-Control: max-age=60", "Cache-Status: Inner; hit").GivesField("Cache-Status: Inner; hit, Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60")),
        Case("RFC 9211 §2", "a stored member of another cache stays, as it was when it came",
            Stored("Cache-Control: max-age=60", "Cache-Status: Inner; hit"), Get().FromCache().GivesField("Cache-Status: Inner; hit, Millrace; hit; ttl=60")),
        Case("RFC 9211 §2", "a 304 and a 206 made of a stored response have a member",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("If-None-Match: \"v1\"").FromCache().Gives(304).GivesField("Cache-Status: Millrace; hit; ttl=60"),
            Get("Range: bytes=0-0").FromCache().Gives(206).GivesField("Cache-Status: Millrace; hit; ttl=60")),
        Case("RFC 9211 §2.1", "hit: not forwarded, and from the cache", Stored("Cache-Control: max-age=60"), Get().After(7).FromCache().GivesField("Cache-Status: Millrace; hit; ttl=53")),
        Case("RFC 9211 §2.1", "hit: stale, while the origin is asked behind it",
            Stored("Cache-Control: max-age=60, stale-while-revalidate=60"), Get().After(61).FromCacheThenAsked().GivesField("Cache-Status: Millrace; hit; ttl=-1; detail=whileRevalidate")),
        Case("RFC 9211 §2.2", "fwd=method: the method's semantics want it forwarded", Ask("POST", "x").FromOrigin().GivesField("Cache-Status: Millrace; fwd=method; fwd-status=200; detail=method")),
        Case("RFC 9211 §2.2", "fwd=uri-miss: nothing of the URI is held", Stored("Cache-Control: max-age=60").GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60")),
        Case("RFC 9211 §2.2", "fwd=uri-miss: nor for a HEAD", Head().FromOrigin().GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; detail=head")),
        Case("RFC 9211 §2.2", "fwd=uri-miss: nor for what was lately found uncacheable", Stored("Cache-Control: no-store"), Get().FromOrigin().GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; detail=hitForMiss")),
        Case("RFC 9211 §2.2", "fwd=vary-miss: the URI is held, and no variant for this request",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Get("Foo: 2").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin().GivesField("Cache-Status: Millrace; fwd=vary-miss; fwd-status=200; stored; ttl=60")),
        Case("RFC 9211 §2.2", "fwd=vary-miss: for a HEAD too",
            Get("Foo: 1").Answers("Cache-Control: max-age=60", "Vary: Foo").FromOrigin(), Head("Foo: 2").FromOrigin().GivesField("Cache-Status: Millrace; fwd=vary-miss; fwd-status=200; detail=head")),
        Case("RFC 9211 §2.2", "fwd=request: fresh, and not what the request wants",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get("Cache-Control: no-cache").Answers(304, "ETag: \"v1\"").Revalidated().GivesField("Cache-Status: Millrace; fwd=request; fwd-status=304; stored; ttl=60; detail=requestDirective")),
        Case("RFC 9211 §2.2", "fwd=request: the request forbids to store", Get("Cache-Control: no-store").FromOrigin().GivesField("Cache-Status: Millrace; fwd=request; fwd-status=200; detail=requestNoStore")),
        Case("RFC 9211 §2.2", "fwd=stale: stale comes before what the request wants",
            Stored("Cache-Control: max-age=60"), Get("Cache-Control: no-cache").After(61).Answers("Cache-Control: max-age=60").FromOrigin().GivesField("Cache-Status: Millrace; fwd=stale; fwd-status=200; stored; ttl=60; detail=requestDirective")),
        Case("RFC 9211 §2.2", "fwd=stale: a validation", Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"").Revalidated().GivesField("Cache-Status: Millrace; fwd=stale; fwd-status=304; stored; ttl=60")),
        Case("RFC 9211 §2.3", "fwd-status is the next hop's, and not the client's",
            Get("If-None-Match: \"v1\"").Answers("Cache-Control: max-age=60", "ETag: \"v1\"").Gives(304).GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60")),
        Case("RFC 9211 §2.3", "fwd-status of an error that a stale response stands in for",
            Stored("Cache-Control: max-age=60"), Get().After(61).Answers(503).Gives(200, "answer 1").GivesField("Cache-Status: Millrace; fwd=stale; fwd-status=503; ttl=-1; detail=originError")),
        Case("RFC 9211 §2.2", "no fwd while an origin that has just failed is not asked again",
            Stored("Cache-Control: max-age=60"), Get().After(61).HangsUp().Gives(200, "answer 1"), Get().FromCache().Gives(200, "answer 1").GivesField("Cache-Status: Millrace; hit; ttl=-1; detail=originBroken")),
        Case("RFC 9211 §2.4", "ttl is negative for what is stale", Stored("Cache-Control: max-age=60"), Get("Cache-Control: max-stale").After(70).FromCache().GivesField("Cache-Status: Millrace; hit; ttl=-10; detail=maxStale")),
        Case("RFC 9211 §2.4", "ttl counts a guess", Stored("Last-Modified: {now-600}").GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60")),
        Case("RFC 9211 §2.4", "ttl counts Age", Stored("Cache-Control: max-age=60", "Age: 20").GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=40")),
        Case("RFC 9211 §2.5", "stored: a POST's answer that later GETs may have",
            Ask("POST", "x").Answers("Cache-Control: max-age=60", "Content-Location: {url}").FromOrigin().GivesField("Cache-Status: Millrace; fwd=method; fwd-status=200; stored; ttl=60; detail=method")),
        Case("RFC 9211 §2.5", "no stored where the response may not be, and detail says why", Stored("Cache-Control: private").GivesField("Cache-Status: Millrace; fwd=uri-miss; fwd-status=200; detail=private")),
        Case("RFC 9211 §2.5", "no stored where a validation's answer may not be",
            Stored("Cache-Control: max-age=60", "ETag: \"v1\""), Get().After(61).Answers(304, "ETag: \"v1\"", "Cache-Control: no-store").Revalidated().GivesField("Cache-Status: Millrace; fwd=stale; fwd-status=304; ttl=0; detail=noStore")),
        Case("RFC 9211 §2.8", "only-if-cached goes nowhere, and detail says why", Get("Cache-Control: only-if-cached").FromCache().Gives(504).GivesField("Cache-Status: Millrace; detail=onlyIfCached")),
    ];

    [Theory, MemberData(nameof(Parameters))]
    public Task Cache_status(Scenario scenario) => RunAsync(scenario);

    [Fact]
    public async Task Bypass_is_what_the_cache_was_told_not_to_handle()
    {
        await using var plain = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        plain.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", plain.Origin, Contract.Available) { Cacheable = false }]));
        Assert.Equal("Millrace; fwd=bypass; fwd-status=200; detail=notCacheable", (await plain.GetAsync("/a")).CacheStatus);
    }

    /// <summary>RFC 9211 §2.7 and §6: the key tells an attacker what is no part of it, so it is said where the route says so.</summary>
    [Fact]
    public async Task Key_is_said_where_the_route_shows_it()
    {
        await using var plain = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        Assert.DoesNotContain("key=", (await plain.GetAsync("/b")).CacheStatus, StringComparison.Ordinal);
        plain.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", plain.Origin, Contract.Available) { Target = new TargetRules { IgnoredQuery = ["utm_*"], Show = true } }]));
        Assert.Equal($"Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60; key=\"{plain.Edge}a?q='x'\"", (await plain.GetAsync("/a?utm_x=1&q='x'")).CacheStatus);
    }

    [Theory]
    [InlineData("http://h/a\"b\\c", "Name; hit; key=\"http://h/a\\\"b\\\\c\"")]
    [InlineData("http://h/\u00fc", "Name; hit")]
    [InlineData("", "Name; hit")]
    public void Key_is_a_string_or_is_left_out(string key, string member) => Assert.Equal(member, Write(new CacheStatus { Hit = true }, key));

    [Fact]
    public void Member_never_outgrows_its_room()
    {
        var longest = Enum.GetValues<DeliveryReason>().MaxBy(static reason => reason.Wire().Length);
        CacheStatus all = new() { Forward = "vary-miss", ForwardStatus = int.MinValue, Stored = true, Collapsed = false, TimeToLive = long.MinValue, Detail = longest };
        Assert.EndsWith(longest.Wire(), Write(all, new string('"', CacheStatus.MaxKeyBytes)), StringComparison.Ordinal);
        Assert.DoesNotContain("key", Write(all, new string('a', CacheStatus.MaxKeyBytes + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_means_something_only_beside_fwd_is_not_said_without_it() =>
        Assert.Equal("Name; hit", Write(new CacheStatus { Hit = true, ForwardStatus = 200, Stored = true, Collapsed = true }, ""));

    private static string Write(CacheStatus status, string key)
    {
        var name = "Name"u8;
        var bytes = System.Text.Encoding.Latin1.GetBytes(key);
        var into = new byte[CacheStatus.RoomFor(name, bytes)];
        return System.Text.Encoding.Latin1.GetString(into, 0, status.Write(into, name, bytes));
    }
}
