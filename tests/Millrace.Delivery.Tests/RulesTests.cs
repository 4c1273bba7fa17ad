using System.Text;
using CsCheck;
using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Freshness;
using System.Buffers;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

public class RulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("max-age=60", 60)]
    [InlineData("MAX-AGE=\"60\"", 60)]
    [InlineData("max-age=60, s-maxage=10", 10)]
    [InlineData("max-age=60, max-age=60", 60)]
    [InlineData("max-age=60, max-age=70", 0)]
    [InlineData("max-age=-1", 0)]
    [InlineData("max-age=1.5", 0)]
    [InlineData("max-age='60'", 0)]
    [InlineData("max-age", 0)]
    [InlineData("max-age=99999999999999999999", 2147483648)]
    [InlineData("ext=\"max-age=5, x\", max-age=7", 7)]
    public void Lifetime_follows_cache_control(string cacheControl, long seconds) =>
        Assert.Equal(seconds, Fresh(("Cache-Control", cacheControl), ("Expires", "Mon, 23 Nov 2026 13:00:00 GMT")).Lifetime.TotalSeconds);

    [Theory]
    [InlineData("Mon, 23 Nov 2026 12:01:00 GMT", 60)]
    [InlineData("Monday, 23-Nov-26 12:01:00 GMT", 60)]
    [InlineData("Mon Nov 23 12:01:00 2026", 60)]
    [InlineData("0", 0)]
    [InlineData("Mon, 23 Nov 2026 11:00:00 GMT", 0)]
    [InlineData("Mon, 23 Nov 2026 12:01:00 CET", 0)]
    public void Lifetime_follows_expires(string expires, long seconds) => Assert.Equal(seconds, Fresh(("Expires", expires)).Lifetime.TotalSeconds);

    [Fact]
    public void Guess_is_a_tenth_of_the_time_since_modification()
    {
        var rules = Fresh(("Last-Modified", HttpDate.Format(Now.AddHours(-10))));
        Assert.Equal((TimeSpan.FromHours(1), false), (rules.Lifetime, rules.Explicit));
    }

    [Fact]
    public void Age_is_the_larger_of_apparent_and_stated_with_delay()
    {
        HeaderList headers = new();
        headers.Add("Date", HttpDate.Format(Now.AddSeconds(-30)));
        Assert.Equal(30, FreshnessRules.Of(200, headers, default, Now.AddSeconds(-2), Now).InitialAge.TotalSeconds);
        headers.Add("Age", "100, 5");
        Assert.Equal(102, FreshnessRules.Of(200, headers, default, Now.AddSeconds(-2), Now).InitialAge.TotalSeconds);
    }

    [Theory]
    [InlineData("max-age=60", "", 200, DeliveryReason.None)]
    [InlineData("", "", 200, DeliveryReason.NoFreshness)]
    [InlineData("no-cache", "ETag", 200, DeliveryReason.None)]
    [InlineData("private=\"x\", max-age=60", "", 200, DeliveryReason.None)]
    [InlineData("private=\"\", max-age=60", "", 200, DeliveryReason.Private)]
    [InlineData("max-age=60", "Vary-Star", 200, DeliveryReason.VaryStar)]
    [InlineData("max-age=60", "", 206, DeliveryReason.Status)]
    [InlineData("max-age=60", "", 599, DeliveryReason.None)]
    [InlineData("max-age=60, must-understand", "", 599, DeliveryReason.Status)]
    [InlineData("max-age=60", "", 429, DeliveryReason.Status)]
    [InlineData("max-age=60", "", 404, DeliveryReason.None)]
    [InlineData("max-age=60", "Authorization", 200, DeliveryReason.Authorization)]
    [InlineData("max-age=60, public", "Authorization", 200, DeliveryReason.None)]
    [InlineData("s-maxage=60", "Authorization", 200, DeliveryReason.None)]
    [InlineData("max-age=60, must-revalidate", "Authorization", 200, DeliveryReason.None)]
    public void Storing_follows_section_3(string cacheControl, string with, int status, DeliveryReason expected)
    {
        HeaderList request = new(), response = new();
        response.Add("Cache-Control", cacheControl);
        (with switch { "Authorization" => request, _ => response }).Add(with switch { "Vary-Star" => "Vary", "" => "X", _ => with }, with == "Vary-Star" ? "Accept, *" : "\"v\"");
        var directives = ResponseDirectives.Parse(response);
        Assert.Equal(expected, CacheabilityRules.Judge(request, status, response, directives, FreshnessRules.Of(status, response, directives, Now, Now)));
    }

    [Theory]
    [InlineData("max-age=60", "", 10, nameof(Reuse.Fresh))]
    [InlineData("max-age=60", "", 60, nameof(Reuse.Revalidate))]
    [InlineData("max-age=60", "no-cache", 10, nameof(Reuse.RevalidateOnRequest))]
    [InlineData("max-age=60", "max-age=5", 10, nameof(Reuse.RevalidateOnRequest))]
    [InlineData("max-age=60", "min-fresh=55", 10, nameof(Reuse.RevalidateOnRequest))]
    [InlineData("max-age=60", "max-stale", 1000, nameof(Reuse.MaxStale))]
    [InlineData("max-age=60", "max-stale=5", 66, nameof(Reuse.Revalidate))]
    [InlineData("max-age=60, must-revalidate", "max-stale", 61, nameof(Reuse.Revalidate))]
    [InlineData("s-maxage=60", "max-stale", 61, nameof(Reuse.Revalidate))]
    [InlineData("max-age=60, stale-while-revalidate=30", "", 90, nameof(Reuse.StaleWhileRevalidate))]
    [InlineData("max-age=60, stale-while-revalidate=30", "", 91, nameof(Reuse.Revalidate))]
    [InlineData("max-age=60, no-cache", "", 1, nameof(Reuse.Revalidate))]
    [InlineData("max-age=60", "max-age=90, max-stale=100", 80, nameof(Reuse.MaxStale))]
    [InlineData("max-age=60", "max-age=70, max-stale=100", 80, nameof(Reuse.RevalidateOnRequest))]
    public void Reuse_follows_directives_of_both_sides(string response, string request, int age, string expected)
    {
        HeaderList theirs = new(), ours = new();
        theirs.Add("Cache-Control", response);
        ours.Add("Cache-Control", request);
        Assert.Equal(expected, ReuseRules.Judge(ResponseDirectives.Parse(theirs), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(age), RequestDirectives.Parse(ours), Contract.Available).ToString());
    }

    [Theory]
    [InlineData("max-age=60", 1_000, true)]
    [InlineData("max-age=60, stale-if-error=30", 90, true)]
    [InlineData("max-age=60, stale-if-error=30", 91, false)]
    [InlineData("s-maxage=60", 61, false)]
    [InlineData("s-maxage=60, stale-if-error=30", 90, true)]
    [InlineData("max-age=60, must-revalidate, stale-if-error=30", 61, false)]
    public void Stale_if_error_is_a_limit(string response, int age, bool may)
    {
        HeaderList theirs = new();
        theirs.Add("Cache-Control", response);
        Assert.Equal(may, ReuseRules.MayServeOnError(200, ResponseDirectives.Parse(theirs), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(age), Contract.Available));
    }

    [Fact]
    public void Strict_contract_never_allows_stale()
    {
        HeaderList theirs = new();
        theirs.Add("Cache-Control", "max-age=60, stale-while-revalidate=90, stale-if-error=90");
        var directives = ResponseDirectives.Parse(theirs);
        Assert.Equal(Reuse.Revalidate, ReuseRules.Judge(directives, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61), default, Contract.Strict));
        Assert.False(ReuseRules.MayServeOnError(200, directives, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61), Contract.Strict));
    }

    [Fact]
    public void Taking_the_tag_leaves_every_other_parameter_as_it_was()
    {
        string[] parameters = ["a=1", "", "_mrx=2", "%5Fmr=3", "b=_mr=4", "&", "c=%20+", "=x"];
        Gen.Select(Gen.Int[0, parameters.Length - 1].Select(i => parameters[i]).Array[0, 5], Gen.Int[0, 5]).Sample((others, at) =>
        {
            at = Math.Min(at, others.Length);
            var tagged = "/p?" + string.Join('&', (string[])[.. others[..at], "_mr=t%2E", .. others[at..]]);
            ArrayBufferWriter<byte> target = new();
            var value = new TargetRewrite(TargetRules.AsSent, "_mr", signed: false).Write(Encoding.Latin1.GetBytes(tagged), target);
            Assert.Equal("t%2E", value);
            Assert.Equal(others.Length == 0 ? "/p" : "/p?" + string.Join('&', others), Encoding.Latin1.GetString(target.WrittenSpan));
        });
    }

    [Fact]
    public void Most_specific_route_wins_and_all_faults_are_listed()
    {
        var origin = new Uri("http://127.0.0.1:9");
        var table = RouteTable.Create([Of("*/*"), Of("*.example/*"), Of("news.example/*"), Of("news.example/img/*"), Of("news.example/img/a")]);
        Assert.Equal("news.example/img/a", table.Find("NEWS.example:80"u8, "/img/a"u8)?.Match);
        Assert.Equal("news.example/img/*", table.Find("news.example"u8, "/img/b"u8)?.Match);
        Assert.Equal("*.example/*", table.Find("x.example"u8, "/img/b"u8)?.Match);
        Assert.Equal("*/*", table.Find("example"u8, "/"u8)?.Match);
        var faults = Assert.Throws<RouteTableException>(() => RouteTable.Create([Of("nopath"), Of("a/*") with { Origin = new Uri("ftp://x") }, Of("b/*"), Of("b/*"), Of("c/d*e")])).Faults;
        Assert.Equal(4, faults.Count);
        Route Of(string match) => new(match, origin, Contract.Available);
    }

    private static FreshnessRules Fresh(params (string Name, string Value)[] lines)
    {
        HeaderList headers = new();
        headers.Add("Date", HttpDate.Format(Now));
        foreach (var (name, value) in lines)
        {
            headers.Add(name, value);
        }

        return FreshnessRules.Of(200, headers, ResponseDirectives.Parse(headers), Now, Now);
    }
}
