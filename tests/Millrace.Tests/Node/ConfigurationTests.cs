using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

public sealed class ConfigurationTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private const string Example = """
        node: {data: ./data}
        listen: {delivery: ":8080", api: ":8081", admin: "127.0.0.1:8082"}
        routes:
          - {match: "news.example/*", origin: "http://127.0.0.1:9000", contract: {bounded: 30s}}
        features:
          - {name: clicks_1h, entity: item, count: click, window: 1h}
        policies:
          home: {candidates: [{popular: 1h, take: 100}], blend: {clicks_1h: 1}, explore: {epsilon: 0.05, top: 20}, atMost: {provider: 2}}
        surfaces:
          home: {policy: home, slots: [{id: main, count: 10}]}
        """;

    [Fact]
    public void The_example_of_the_design_binds_to_the_planes_records()
    {
        var config = Check(Example);
        var policy = config.Policies["home"];
        Assert.Equal([new CandidateSource(CandidateSourceKind.Popular, 100, TimeSpan.FromHours(1))], policy.Candidates);
        Assert.Equal(1.0, policy.Blend["clicks_1h"]);
        Assert.Equal(new Exploration(0.05, 20), policy.Explore);
        Assert.Equal(2, policy.AtMost["provider"]);
        Assert.Equal([new Slot("main", 10)], config.Surfaces["home"].Slots);
        Assert.Equal("home", config.Surfaces["home"].Policy);
        Assert.Equal(new Route("news.example/*", new Uri("http://127.0.0.1:9000"), Contract.Bounded(TimeSpan.FromSeconds(30))), config.Routes[0]);
        Assert.Equal("127.0.0.1:8082", config.Listen.Admin.ToString());
        Assert.Equal([new CountFeature("clicks_1h", "click", TimeSpan.FromHours(1))], config.Features);
    }

    [Theory]
    [InlineData("", 7)]
    [InlineData("features: [{name: a, count: click, window: 3d}]", 7)]
    [InlineData("features: [{name: a, count: click, window: 30d}]", 32)]
    [InlineData("features: [{name: a, count: click, halfLife: 5d}]", 42)]
    [InlineData("policies: {home: {candidates: [{popular: 20d}]}}", 22)]
    [InlineData("journal: {retention: 60d}\nfeatures: [{name: a, count: click, window: 30d}]", 60)]
    public void Events_are_kept_as_long_as_features_look_back(string text, int days)
    {
        var config = Check(text);
        Assert.Equal(TimeSpan.FromDays(days), History.Retention(config, History.Features(config)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    public void Nothing_at_all_is_a_sensible_configuration(string text)
    {
        var config = Check(text);
        Assert.Equal(":8080", config.Listen.Delivery.ToString());
        Assert.Equal("127.0.0.1:8082", config.Listen.Admin.ToString());
        Assert.Empty(config.Routes);
    }

    [Theory]
    [InlineData("nod: {data: x}", "t.yaml:1:1 nod: expected one of node, listen", "did you mean 'node'?")]
    [InlineData("listen: {api: 8081}", "t.yaml:1:15 listen.api: expected an address", "got '8081'")]
    [InlineData("listen: {api: ':99999'}", "t.yaml:1:15 listen.api: expected an address", "got ':99999'")]
    [InlineData("listen: {api: ':8080'}", "t.yaml:1:15 listen.api: expected a port of its own (delivery has 8080)", "got ':8080'")]
    [InlineData("listen: [1]", "t.yaml:1:9 listen: expected a mapping", "got a list")]
    [InlineData("limits: {drain: 5 minutes}", "t.yaml:1:17 limits.drain: expected a duration", "got '5 minutes'")]
    [InlineData("limits: {requestBody: lots}", "t.yaml:1:23 limits.requestBody: expected a size", "got 'lots'")]
    [InlineData("limits: {connections: 0}", "t.yaml:1:23 limits.connections: expected a whole number from 1 to 1000000", "got '0'")]
    [InlineData("log: {level: wraning}", "t.yaml:1:14 log.level: expected trace or debug", "did you mean 'warning'?")]
    [InlineData("node: {data: a}\nnode: {data: b}", "t.yaml:2:1 node: expected each key once", "first at 1:1")]
    [InlineData("routes:\n  - {match: a/*}", "t.yaml:2:5 routes[0].origin: expected an http or https URL", "got nothing")]
    [InlineData("routes:\n  - {match: a/*, origin: ftp://x}", "t.yaml:2:26 routes[0].origin: expected an http or https URL", "got 'ftp://x'")]
    [InlineData("routes:\n  - {match: a, origin: http://x}", "t.yaml:2:13 routes[0].match: expected a host and path pattern", "got 'a'")]
    [InlineData("routes:\n  - {match: a/*, origin: http://x, contract: strct}", "routes[0].contract: expected available or strict or {bounded: 30s}", "did you mean 'strict'?")]
    [InlineData("routes: [{match: 'a.b/*', origin: http://x}, {match: 'A.B/*', origin: http://x}]", "t.yaml:1:46 routes[1]: expected routes that fit together", "stands twice")]
    [InlineData("features: [{name: a, count: click, window: 1h}, {name: a, count: click, window: 2h}]", "features[1].name: expected each feature name once", "'a' again")]
    [InlineData("features: [{name: A, count: click, window: 1h}]", "features[0].name: expected a name of 1 to 64 of a-z", "got 'A'")]
    [InlineData("features: [{name: a, window: 1h}]", "features[0]: expected exactly one of count, examined, sum, mean, rate", "got none")]
    [InlineData("features: [{name: a, count: click}]", "features[0]: expected either window or halfLife", "got neither")]
    [InlineData("features: [{name: a, count: click, window: 1h, halfLife: 1h}]", "features[0]: expected either window or halfLife", "got both")]
    [InlineData("journal: {retention: 7d}\nfeatures: [{name: a, count: click, window: 30d}]", "t.yaml:2:44 features[0].window: expected at most 6d to look back, since journal.retention is 7d", "got 30d")]
    [InlineData("journal: {retention: 9d}\nfeatures: [{name: a, count: click, halfLife: 2d}]", "features[0].halfLife: expected at most 8d to look back", "got 16d")]
    [InlineData("journal: {retention: 9d}\npolicies: {home: {candidates: [{popular: 10d}]}}", "journal.retention: expected at least 11d", "got 9d")]
    [InlineData("features: [{name: a, cooccur: click}]", "features[0].window: expected a duration", "got nothing")]
    [InlineData("features: [{name: a, count: click, halfLife: 1h, as: share}]", "features[0].as: expected count or log", "got share")]
    [InlineData("surfaces: {home: {policy: hoem, slots: [{id: a, count: 1}]}}\npolicies: {home: {}}", "t.yaml:1:27 surfaces.home.policy: expected a policy that is defined", "did you mean 'home'?")]
    [InlineData("policies: {home: {blend: {clicks: 1}}}", "t.yaml:1:27 policies.home.blend.clicks: expected a feature that is defined (none is)", "got 'clicks'")]
    [InlineData("policies: {home: {candidates: [{take: 3}]}}", "policies.home.candidates[0]: expected exactly one of popular, recent, similar, trending, alsoLiked, affinity, neighbours, new", "got none")]
    [InlineData("policies: {home: {candidates: [{recent: true, popular: 1h}]}}", "policies.home.candidates[0]: expected exactly one of", "got 2")]
    [InlineData("policies: {home: {candidates: [{recent: true, segment: true}]}}", "policies.home.candidates[0].segment: expected no `segment` beside recent", "got one")]
    [InlineData("policies: {home: {candidates: [{popular: 1h, segment: true}]}}", "policies.home.candidates[0].segment: expected a policy whose `segment` names a key", "got")]
    [InlineData("policies: {home: {candidates: [{affinity: topics}]}}", "policies.home.candidates[0].affinity: expected the name of a feature that is an affinity", "got 'topics'")]
    [InlineData("policies: {home: {candidates: [{recent: true, weight: 1}]}}", "policies.home.candidates[0].weight: expected a policy with a `pool`", "got")]
    [InlineData("policies: {home: {candidates: [{recent: true, deadline: 2s}]}}", "policies.home.candidates[0].deadline: expected a duration", "got '2s'")]
    [InlineData("policies: {home: {filters: [{attribute: market}]}}", "policies.home.filters[0]: expected an attribute with exactly one of in, notIn, is", "got an attribute alone")]
    [InlineData("policies: {home: {filters: [{age: 30d, in: [a]}]}}", "policies.home.filters[0]: expected an attribute with exactly one of", "got in and age")]
    [InlineData("policies: {home: {filters: [{attribute: stock, atLeast: 3, atMost: 2}]}}", "policies.home.filters[0].atLeast: expected at most 2", "got 3")]
    [InlineData("policies: {home: {filters: [{blocked: hidden}]}}", "policies.home.filters[0].blocked: expected the name of a feature that is a past", "got 'hidden'")]
    [InlineData("policies: {home: {explore: {epsilon: NaN}}}", "policies.home.explore.epsilon: expected a number from 0 to 1", "got 'NaN'")]
    [InlineData("policies: {h: {}}\nsurfaces: {home: {policy: h, slots: [{id: a, count: 1}, {id: a, count: 2}]}}", "surfaces.home.slots[1].id: expected each slot id once", "'a' again")]
    [InlineData("policies: {home: {atMost: {topic: 0}}}", "t.yaml:1:35 policies.home.atMost.topic: expected a whole number from 1 to 1000", "got '0'")]
    [InlineData("policies: {home: {explore: {method: squareCB}}}", "policies.home.explore.method: expected epsilonGreedy or squareCb or plackettLuce or thompson", "did you mean 'squareCb'?")]
    [InlineData("policies: {home: {explore: {gamma: 0}}}", "policies.home.explore.gamma: expected a number from 1E-09 to 1000000000", "got '0'")]
    [InlineData("policies: {home: {diversity: {mmr: 1, by: topic, embedding: e}}}", "policies.home.diversity: expected exactly one of by, embedding", "got both")]
    [InlineData("policies: {home: {pacing: [{attribute: kind, value: video, least: 40%, most: 30%}]}}", "t.yaml:1:67 policies.home.pacing[0].least: expected at most most = 0.3", "got 0.4")]
    [InlineData("policies: {home: {pacing: [{attribute: kind, value: video, least: 1.5}]}}", "policies.home.pacing[0].least: expected a share from 0 to 1", "got '1.5'")]
    [InlineData("policies: {home: {pacing: [{attribute: kind, value: video, least: 10%, over: 10s}]}}", "policies.home.pacing[0].over: expected a duration", "got '10s'")]
    [InlineData("policies: {home: {pacing: [{attribute: kind, least: 10%}]}}", "t.yaml:1:28 policies.home.pacing[0].value: expected", "got")]
    [InlineData("policies: {home: {heads: {c: {external: deliverCost}}, objectives: {c: 1}}}", "policies.home.heads.c.external: expected deliveryCost", "did you mean 'deliveryCost'?")]
    [InlineData("policies: {home: {atLeast: [{attribute: kind, least: 2}]}}", "policies.home.atLeast[0]: expected attribute and value, or fresh", "got attribute")]
    [InlineData("policies: {home: {candidates: [{recent: true, take: 5000}]}}", "t.yaml:1:53 policies.home.candidates[0].take: expected a whole number from 1 to 1000", "got '5000'")]
    [InlineData("policies: {home: {pins: [{slot: a, rank: 1, item: x}, {slot: a, rank: 1, item: y}]}}", "t.yaml:1:25 policies.home.pins: expected what can come into force", "rank 1 is pinned 2 times")]
    [InlineData("policies: {h: {}}\nsurfaces: {home: {policy: h, slots: [{id: a, count: 100}, {id: b, count: 100}, {id: c, count: 100}, {id: d, count: 100}, {id: e, count: 100}, {id: f, count: 1}]}}", "t.yaml:2:37 surfaces.home.slots: expected at most 500 items over all slots", "got 501")]
    [InlineData("a: &x 1\nb: *x", "expected YAML", "anchors and aliases are not used here")]
    [InlineData("node: {data: [", "expected YAML", "what cannot be read")]
    [InlineData("surfaces:\n  home: {policy: [{id: main, slots: [{id: main, count: 10}]}\n  audit: {policy: audit, slots: [{id: list, count: 5}]}", "expected YAML", "what cannot be read")]
    [InlineData("node: {}\n---\nnode: {}", "expected one document", "got a second one")]
    public void Each_fault_says_where_it_is_what_was_expected_and_what_was_found(string text, string expected, string got)
    {
        var faults = FaultsOf(text);
        Assert.Contains(faults, f => f.Contains(expected, StringComparison.Ordinal) && f.Contains(got, StringComparison.Ordinal));
    }

    [Fact]
    public void All_that_a_slate_can_keep_to_binds()
    {
        var config = Check("""
            features: [{name: views_30d, count: view, window: 30d}]
            policies:
              home:
                candidates: [{recent: true}]
                explore: {method: squareCb, epsilon: 0.05, gamma: 10, top: 15, new: {trials: views_30d, below: 200}}
                atMost: {provider: 2, topic: 3}
                atLeast: [{attribute: kind, value: video, least: 2, top: 5}, {fresh: 6h, share: 10%}]
                boosts: [story-7, {item: 2024.1, worth: 0.5}, {item: story-9}]
                diversity: {mmr: 0.3, by: topic}
                pacing: [{attribute: provider, value: acme, least: 10%, most: 30%, over: 2h}, {attribute: kind, value: video, most: 0.5}]
            """);
        var policy = config.Policies.Values.Single();
        Assert.Equal(new Exploration(0.05, 15) { Method = ExplorationMethod.SquareCb, Gamma = 10, New = new NewItems("views_30d", 200, 2) }, policy.Explore);
        Assert.Equal([("provider", 2), ("topic", 3)], policy.AtMost.Select(limit => (limit.Key, limit.Value)));
        Assert.Equal([new Quota { Attribute = "kind", Value = "video", Least = 2, Top = 5 }, new Quota { Fresh = TimeSpan.FromHours(6), Share = 0.1 }], policy.AtLeast);
        Assert.Equal(new Diversity(0.3, "topic"), policy.Diversity);
        Assert.Equal(["story-7", "2024.1", "story-9"], policy.Boosts);
        Assert.Equal([("2024.1", 0.5)], policy.Worths.Select(boost => (boost.Key, boost.Value)));
        Assert.Equal([new Pace("provider", "acme", 0.1, 0.3, TimeSpan.FromHours(2)), new Pace("kind", "video", null, 0.5, TimeSpan.FromHours(1))], policy.Pacing);
    }

    [Fact]
    public void Each_kind_of_feature_binds_to_its_definition()
    {
        var config = Check("""
            features:
              - {name: decayed, count: click, halfLife: 1h, as: log}
              - {name: fresh, age: published, halfLife: 6h}
              - {name: together, cooccur: click, window: 1d, depth: 3, as: count}
            """);
        Assert.Equal(
            [
                new DecayedCountFeature("decayed", "click", TimeSpan.FromHours(1), CountRead.Log).ToString(),
                new AgeFeature("fresh", AgeSince.Published, TimeSpan.FromHours(6)).ToString(),
                new CooccurrenceFeature("together", "click", TimeSpan.FromDays(1)) { Depth = 3, As = PairRead.Count, Info = new FeatureInfo { Sensitivity = FeatureSensitivity.Personal } }.ToString(),
            ],
            config.Features.Select(f => f.ToString()));
    }

    [Fact]
    public void All_faults_are_told_at_once_in_the_order_of_the_file()
    {
        var faults = FaultsOf("nod: 1\nlisten: {api: x}\nlimits: {drain: y}\nsurfaces: {home: {policy: z, slots: []}}");
        Assert.Equal(5, faults.Length);
        Assert.Equal([1, 2, 3, 4, 4], faults.Select(f => int.Parse(f.Split(':')[1])));
    }

    [Fact]
    public void Faults_are_bounded()
    {
        var faults = FaultsOf(string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"key{i}: 1")));
        Assert.Equal(ConfigFaults.Max + 1, faults.Length);
    }

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default()
    {
        const string File = "listen: {delivery: ':1001', api: ':1002', admin: ':1003'}";
        var variables = new Dictionary<string, string> { ["MILLRACE_LISTEN_API"] = ":2002", ["MILLRACE_LISTEN_ADMIN"] = ":2003", ["PATH"] = "/bin" };
        var config = Check(File, variables, "listen.admin=:3003", "policies.home.explore.epsilon=0.2");
        Assert.Equal((":1001", ":2002", ":3003"), (config.Listen.Delivery.ToString(), $"{config.Listen.Api}", config.Listen.Admin.ToString()));
        Assert.Equal(0.2, config.Policies["home"].Explore.Epsilon);
        Assert.Equal("./data", config.Node.Data);
    }

    [Fact]
    public void A_list_can_be_given_whole_by_a_variable()
    {
        var config = Check("", new Dictionary<string, string> { ["MILLRACE_ROUTES"] = "[{match: '*/*', origin: 'http://127.0.0.1:9'}]" });
        Assert.Equal("*/*", Assert.Single(config.Routes).Match);
    }

    [Fact]
    public void Overrides_have_faults_too()
    {
        var invalid = Assert.Throws<ConfigInvalidException>(() =>
            Check("", new Dictionary<string, string> { ["MILLRACE_LISTEN_APPI"] = ":1", ["MILLRACE_LOG_LEVEL"] = "loud" }, "listen.ap=:1", "nonsense"));
        var text = string.Join('\n', invalid.Faults);
        Assert.Contains("MILLRACE_LISTEN_APPI: expected a variable that names a setting", text, StringComparison.Ordinal);
        Assert.Contains("did you mean 'MILLRACE_LISTEN_API'?", text, StringComparison.Ordinal);
        Assert.Contains("MILLRACE_LOG_LEVEL log.level: expected trace", text, StringComparison.Ordinal);
        Assert.Contains("--set listen.ap: expected a path of settings, got 'ap', did you mean 'api'?", text, StringComparison.Ordinal);
        Assert.Contains("--set: expected path=value", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1500)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7d", 604_800_000)]
    public void Durations_read_and_print(string text, int milliseconds)
    {
        var duration = Quantities.ParseDuration(text);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
        Assert.Equal(duration, Quantities.ParseDuration(Quantities.Format(duration!.Value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1 s")]
    [InlineData("1e3s")]
    [InlineData("99999d")]
    public void What_is_no_duration_is_refused(string text) => Assert.Null(Quantities.ParseDuration(text));

    [Theory]
    [InlineData("100", 100)]
    [InlineData("64KiB", 65536)]
    [InlineData("1GiB", 1L << 30)]
    public void Sizes_read(string text, long bytes) => Assert.Equal(bytes, Quantities.ParseSize(text));

    private static NodeConfig Check(string text, IReadOnlyDictionary<string, string>? variables = null, params string[] sets) =>
        new ConfigSource(null, variables ?? NoVariables, [.. sets]).Check("t.yaml", text);

    private static string[] FaultsOf(string text) => [.. Assert.Throws<ConfigInvalidException>(() => Check(text)).Faults.Select(f => f.ToString())];
}
