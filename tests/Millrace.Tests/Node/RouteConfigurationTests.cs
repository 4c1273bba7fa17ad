using System.Text.Json;
using Millrace.Delivery.Routes;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

public sealed class RouteConfigurationTests
{
    private const string Whole = """
        origins:
          pages:
            members: [{address: "http://10.0.0.1:9000", weight: 2}, {address: "http://10.0.0.2:9000"}]
            health: {path: /health, interval: 2s, status: 200}
            hedge: {quantile: 0.9}
            retry: {max: 2}
            timeout: 5s
        shields:
          west: {members: [{address: "http://shield-1:8080"}], tries: 1}
        routes:
          - match: "shop.example/*"
            origin: pages
            shield: west
            contract: strict
            methods: [GET, HEAD]
            key: {path: asSent, query: sorted, show: true}
            query: {ignore: [utm_*, fbclid], sendIgnored: true}
            signed: {keys: {k1: "0123456789abcdef", k2: "fedcba9876543210"}}
            request: {set: {X-Edge: one}, remove: [Cookie]}
            response: {remove: [Set-Cookie]}
            ttl: {default: 10s, min: 1s, max: 1d}
            negative: {404: 10s, 5xx: 1s}
            maxObject: 2MiB
            cacheControl: [Shop-Cache-Control]
            compress: false
            askPlain: true
            setCookie: strip
            timeouts: {connect: 1s, idle: 10s}
          - {match: "plain.example/*", origin: "http://127.0.0.1:9000", cacheable: false}
        """;

    [Fact]
    public void Every_rule_binds_to_the_planes_records()
    {
        var routes = Check(Whole).Routes;
        var shop = routes[0];
        Assert.Equal(("pages", 2, 2, 0.9, TimeSpan.FromSeconds(5)), (shop.Group!.Name, shop.Group.Members[0].Weight, shop.Group.Retry.Max, shop.Group.Hedge!.Quantile, shop.Group.Timeout));
        Assert.Equal((200, TimeSpan.FromSeconds(2), 3), (shop.Group.Health!.Status, shop.Group.Health.Interval, shop.Group.Health.Fall));
        Assert.Equal((new Uri("http://10.0.0.1:9000"), "west", 1), (shop.Origin, shop.Shields!.Name, shop.Shields.Tries));
        Assert.Equal((Contract.Strict, false, true), (shop.Contract, shop.Compress, shop.Cacheable));
        Assert.Equal(["GET", "HEAD"], shop.Methods);
        Assert.Equal((true, true, false), (shop.Target.SortQuery, shop.Target.SendIgnored, shop.Target.FoldPathCase));
        Assert.Equal(["utm_*", "fbclid"], shop.Target.IgnoredQuery);
        Assert.Equal(["k1", "k2"], shop.Signing!.Keys.Select(key => key.Id));
        Assert.Equal(["Cookie"], shop.RequestFields.Remove);
        Assert.Equal([KeyValuePair.Create("X-Edge", "one")], shop.RequestFields.Set);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), (shop.Lifetimes.Default, shop.Lifetimes.Min, shop.Lifetimes.Max));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)), (shop.Lifetimes.Negative["404"], shop.Lifetimes.Negative["5xx"]));
        Assert.Equal(2L << 20, shop.MaxObjectBytes);
        Assert.Equal(["Shop-Cache-Control"], shop.TargetedFields);
        Assert.Equal(new RouteTimeouts(TimeSpan.FromSeconds(1), null, TimeSpan.FromSeconds(10)), shop.Timeouts);
        Assert.Equal((true, SetCookieRule.Strip, true), (shop.AskPlain, shop.SetCookie, shop.Target.Show));
        Assert.Equal((false, SetCookieRule.Pass, false), (routes[1].AskPlain, routes[1].SetCookie, routes[1].Target.Show));
        Assert.False(routes[1].Cacheable);
        Assert.Null(routes[1].Signing);
    }

    [Fact]
    public void Faults_of_rules_are_told_together_each_at_its_line()
    {
        const string Text = """
            origins:
              pages: {members: [{address: "http://10.0.0.1"}]}
            routes:
              - match: "a.example/*"
                origin: page
                shield: east
                methods: [get]
                query: {ignore: ["a&b"]}
                signed: {keys: {k1: ""}}
                ttl: {min: soon}
                negative: {404: never}
                unknown: 1
            """;
        var faults = Assert.Throws<ConfigInvalidException>(() => Check(Text)).Faults;
        Assert.Equal([5, 6, 7, 8, 9, 10, 11, 12], faults.Select(fault => fault.Mark.Line));
        Assert.Equal("pages", faults[0].Nearest);
    }

    [Fact]
    public void Faults_that_only_the_plane_sees_stand_at_their_setting()
    {
        const string Text = """
            routes:
              - match: "a.example/*"
                origin: "http://127.0.0.1:9000"
                query: {allow: [a], ignore: [b]}
                signed: {keys: {k1: short}}
                request: {remove: [Content-Length]}
                ttl: {min: 2s, max: 1s}
                negative: {200: 1s}
            """;
        var faults = Assert.Throws<ConfigInvalidException>(() => Check(Text)).Faults;
        Assert.Equal(
            [(4, "routes[0].query"), (5, "routes[0].signed.keys.k1"), (6, "routes[0].request.remove"), (7, "routes[0].ttl.min"), (8, "routes[0].negative.200")],
            faults.Select(fault => (fault.Mark.Line, fault.Path)));
    }

    [Fact]
    public void Secrets_are_printed_by_their_hash_and_a_changed_one_is_a_change()
    {
        var text = JsonSerializer.Serialize(Check(Whole), ConfigJson.Options);
        Assert.DoesNotContain("0123456789abcdef", text, StringComparison.Ordinal);
        Assert.DoesNotContain("MDEyMzQ1Njc4OWFiY2RlZg", text, StringComparison.Ordinal);
        Assert.False(ConfigChange.Same(Check(Whole), Check(Whole.Replace("0123456789abcdef", "0123456789abcdeg", StringComparison.Ordinal))));
        Assert.True(ConfigChange.Same(Check(Whole), Check(Whole)));
    }

    private static NodeConfig Check(string text) => new ConfigSource(null, new Dictionary<string, string>(), []).Check("millrace.yaml", text);
}
