using System.Collections.Frozen;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Routes;

public class RuleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(200, 60, true, 60)]
    [InlineData(200, 60, false, 20)]
    [InlineData(200, 0, false, 20)]
    [InlineData(200, 2, true, 10)]
    [InlineData(200, 0, true, 10)]
    [InlineData(200, 500, true, 100)]
    [InlineData(404, 0, false, 15)]
    [InlineData(410, 0, false, 12)]
    [InlineData(503, 0, false, 10)]
    [InlineData(404, 30, true, 30)]
    [InlineData(302, 0, false, 0)]
    [InlineData(302, 500, false, 100)]
    public void Operator_says_how_long_his_answers_are_fresh(int status, int stated, bool isExplicit, int lifetime)
    {
        LifetimeRules rules = new()
        {
            Default = 20 * Second, Min = 10 * Second, Max = 100 * Second,
            Negative = new Dictionary<string, TimeSpan> { ["404"] = 15 * Second, ["4xx"] = 12 * Second, ["5xx"] = Second }.ToFrozenDictionary(),
        };
        var applied = rules.Apply(status, new FreshnessRules(stated * Second, TimeSpan.Zero, isExplicit));
        Assert.Equal((lifetime * Second, isExplicit), (applied.Lifetime, applied.Explicit));
        Assert.Equal(lifetime != stated, applied.From == LifetimeSource.Route);
    }

    [Fact]
    public void Faults_of_lifetimes_are_all_told()
    {
        LifetimeRules rules = new() { Default = -Second, Min = 2 * Second, Max = Second, Negative = new Dictionary<string, TimeSpan> { ["200"] = Second, ["6xx"] = Second, ["5xx"] = Second }.ToFrozenDictionary() };
        Assert.Equal(4, rules.Faults().Count());
        Assert.Empty(LifetimeRules.AsStated.Faults());
    }

    [Fact]
    public void Fields_are_removed_then_set()
    {
        HeaderList headers = new();
        headers.Add("X-A", "1");
        headers.Add("set-cookie", "a");
        headers.Add("Set-Cookie", "b");
        new FieldChanges { Remove = ["Set-Cookie"], Set = [new("x-a", "2"), new("X-New", "3")] }.Apply(headers);
        Assert.Equal("x-a: 2\r\nX-New: 3\r\n", System.Text.Encoding.Latin1.GetString(headers.Wire));
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("transfer-encoding")]
    [InlineData("Via")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("not a name")]
    public void Framing_and_what_is_the_caches_own_cannot_be_changed(string name)
    {
        Assert.Single(new FieldChanges { Remove = [name] }.Faults("request"));
        Assert.Single(new FieldChanges { Set = [new(name, "x")] }.Faults("response"));
        Assert.Single(new FieldChanges { Set = [new("X-A", "a\r\nb")] }.Faults("response"));
    }

    [Fact]
    public void Table_tells_all_faults_of_a_routes_rules()
    {
        var refused = Assert.Throws<RouteTableException>(() => RouteTable.Create(
        [
            new Route("a/*", new Uri("http://o"), Contract.Available) { Methods = ["get"], TargetedFields = ["a b"], Lifetimes = new() { Min = 2 * Second, Max = Second }, Signing = new() { Keys = [] } },
        ]));
        Assert.Equal(4, refused.Message.Split("routes[0]").Length - 1);
    }
}
