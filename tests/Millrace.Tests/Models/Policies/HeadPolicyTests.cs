using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Tests.Decisions;

namespace Millrace.Tests.Models.Policies;

/// <summary>Heads in a policy's canonical text, and what is wrong with them.</summary>
public sealed class HeadPolicyTests
{
    private static readonly Gen<string> Name = Gen.String[Gen.Char['a', 'e'], 1, 3];
    private static readonly Gen<double> Number = Gen.Double[-100, 100];

    private static readonly Gen<double?> Bound = Gen.Select(Gen.Bool, Number).Select(static (given, value) => given ? value : (double?)null);

    private static readonly Gen<Head> AnyHead = Gen.OneOf<Head>(
        Name.Select(static name => (Head)new FeatureHead(name)),
        Gen.Dictionary(Name, Number)[0, 4].Select(static weights => (Head)new BlendHead(weights.ToImmutableSortedDictionary(StringComparer.Ordinal))),
        Gen.Select(Name, Name, Gen.Double[0.1, 1], Gen.Double[2, 3]).Select(static (won, tried, a, n) => (Head)new BetaHead(won, tried, a, n)),
        Gen.Select(Gen.Byte, Name.Array[0, 4]).Select(static (seed, names) => (Head)new LinearHead(Millrace.Models.Shelf.ModelDigest.Of([seed]), [.. names])),
        Gen.Select(Gen.Byte, Name.Array[0, 4], Gen.Bool, Gen.Int[0, 9]).Select(static (seed, names, raw, @class) =>
            (Head)new ForestHead(Millrace.Models.Shelf.ModelDigest.Of([seed]), [.. names], raw ? ForestOutput.Raw : ForestOutput.Transformed, @class)));

    private static readonly Gen<Policy> AnyPolicy = Gen.Select(Gen.Dictionary(Name, AnyHead)[0, 4], Gen.Dictionary(Name, Number)[0, 3], Gen.Dictionary(Name, Gen.Select(Bound, Bound))[0, 3])
        .Select(static (heads, objectives, thresholds) => DecisionHarness.Home with
        {
            Heads = heads.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Objectives = objectives.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Thresholds = thresholds.ToImmutableSortedDictionary(static pair => pair.Key, static pair => new Threshold(pair.Value.Item1, pair.Value.Item2), StringComparer.Ordinal),
        });

    public static TheoryData<string, string> Faulty => new()
    {
        { "blend", "policies.home.blend: expected nothing beside heads, of which one may be a blend" },
        { "feature", "policies.home.heads.a.feature: expected the name of a feature; got 'nex'; nearest is 'next'" },
        { "weights", "policies.home.heads.a.blend.next: expected a finite weight; got NaN" },
        { "forest", "policies.home.heads.a.forest: expected a model of this node's features; got splits of 'click_1h', 'dwell'; nearest is 'clicks_1h'" },
        { "protected", "policies.home.heads.a.forest: expected no protected feature beside allowProtected; got 'gender'" },
        { "linear", "policies.home.heads.a.linear: expected a model of this node's features; got weights of 'click_1h'; nearest is 'clicks_1h'" },
        { "protectedLinear", "policies.home.heads.a.linear: expected no protected feature beside allowProtected; got 'gender'" },
        { "protectedTrials", "policies.home.explore.new.trials: expected no protected feature beside allowProtected; got 'gender'" },
        { "prior", "policies.home.heads.a.beta.prior: expected more than 0 successes and more trials than that; got 2 of 2" },
        { "objective", "policies.home.objectives.aa: expected the name of a head; got 'aa'; nearest is 'a'" },
        { "infinite", "policies.home.objectives.a: expected a finite weight; got Infinity" },
        { "idle", "policies.home.objectives: expected a head whose weight is not 0; got none" },
        { "none", "policies.home.objectives: expected a head whose weight is not 0; got none" },
        { "threshold", "policies.home.thresholds.b: expected the name of a head; got 'b'; nearest is 'a'" },
        { "unbound", "policies.home.thresholds.a: expected atMost, atLeast or both; got neither" },
        { "crossed", "policies.home.thresholds.a: expected atLeast below atMost; got 2 and 1" },
    };

    [Fact]
    public void A_policy_is_its_canonical_text() => AnyPolicy.Sample(static policy =>
    {
        string text = PolicyJson.Write(policy);
        Policy read = PolicyJson.Read(text, 3);
        Assert.Equal(text, PolicyJson.Write(read));
        Assert.Equal(policy.Heads.Keys, read.Heads.Keys);
        Assert.Equal(policy.Objectives, read.Objectives);
        Assert.Equal(policy.Thresholds, read.Thresholds);
        Assert.Equal(PolicyReading.Features(policy), PolicyReading.Features(read));
        Assert.Equal(PolicyReading.Models(policy), PolicyReading.Models(read));
    });

    [Fact]
    public void What_counts_trials_of_new_items_is_read_as_what_heads_read() => Assert.Equal(
        ["clicks_1h", "next"],
        PolicyReading.Features(With(new FeatureHead("next")) with { Explore = new Exploration(0.1) { New = new NewItems("clicks_1h", 100, 2) } }));

    [Fact]
    public void A_policy_without_heads_keeps_the_text_that_it_had_before_there_were_any() => Assert.Equal(
        """{"name":"home","candidates":[{"kind":"Recent","take":10}],"blend":{"next":50},"explore":{"epsilon":0.2,"top":5},"atMost":{},"pins":[],"excludeSeen":true}""",
        PolicyJson.Write(new Policy
        {
            Name = "home",
            Candidates = [new CandidateSource(CandidateSourceKind.Recent, 10)],
            Blend = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("next", 50),
            Explore = new Exploration(0.2, 5),
        }));

    [Fact]
    public void A_text_that_lacks_a_part_of_a_head_is_no_policy()
    {
        string text = PolicyJson.Write(With(new ForestHead(new string('a', 64), ["next"])));
        Assert.Equal(text, PolicyJson.Write(PolicyJson.Read(text, 1)));
        Assert.Throws<JsonException>(() => PolicyJson.Read(text.Replace("\"class\":0,", "", StringComparison.Ordinal), 1));
        Assert.Throws<JsonException>(() => PolicyJson.Read(text.Replace("\"forest\"", "\"tree\"", StringComparison.Ordinal), 1));
    }

    [Fact]
    public void A_sound_policy_has_no_fault()
    {
        Assert.Empty(PolicyValidator.Faults(With(new ForestHead(new string('a', 64), ["clicks_1h", "next"])), Features));
        Assert.Empty(PolicyValidator.Faults(With(new BetaHead("next", "clicks_1h")), Features));
        Assert.Empty(PolicyValidator.Faults(With(new FeatureHead("gender")) with { AllowProtected = ["gender"] }, Features));
        Assert.Empty(PolicyValidator.Faults(DecisionHarness.Home with { Thresholds = Bounds("score", new Threshold(AtLeast: 0)) }, Features));
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_fault_is_named_with_its_path(string what, string fault) => Assert.Equal([fault], PolicyValidator.Faults(Broken(what), Features));

    private static FeatureSet Features { get; } = FeatureSet.Create(
        [.. DecisionHarness.Set.Definitions, new CountFeature("gender", "click", TimeSpan.FromHours(1)) { Info = new FeatureInfo { Sensitivity = FeatureSensitivity.Protected } }],
        PolicyWindows.Of([DecisionHarness.Home]));

    private static Policy Broken(string what) => what switch
    {
        "blend" => With(new FeatureHead("next")) with { Blend = DecisionHarness.Home.Blend },
        "feature" => With(new FeatureHead("nex")),
        "weights" => With(new BlendHead(Numbers(("next", double.NaN)))),
        "forest" => With(new ForestHead(new string('a', 64), ["click_1h", "dwell", "next"])),
        "protected" => With(new ForestHead(new string('a', 64), ["gender", "next"])),
        "linear" => With(new LinearHead(new string('a', 64), ["next", "click_1h"])),
        "protectedLinear" => With(new LinearHead(new string('a', 64), ["next", "gender"])),
        "protectedTrials" => With(new FeatureHead("next")) with { Explore = new Exploration(0.1) { New = new NewItems("gender", 100, 2) } },
        "prior" => With(new BetaHead("next", "next", 2, 2)),
        "objective" => With(new FeatureHead("next")) with { Objectives = Numbers(("a", 1), ("aa", 1)) },
        "infinite" => With(new FeatureHead("next")) with { Objectives = Numbers(("a", double.PositiveInfinity)) },
        "idle" => With(new FeatureHead("next")) with { Objectives = Numbers(("a", 0)) },
        "none" => With(new FeatureHead("next")) with { Objectives = Numbers() },
        "threshold" => With(new FeatureHead("next")) with { Thresholds = Bounds("b", new Threshold(1)) },
        "unbound" => With(new FeatureHead("next")) with { Thresholds = Bounds("a", new Threshold()) },
        "crossed" => With(new FeatureHead("next")) with { Thresholds = Bounds("a", new Threshold(1, 2)) },
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    private static Policy With(Head head) => DecisionHarness.Home with
    {
        Blend = Numbers(),
        Heads = ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal).Add("a", head),
        Objectives = Numbers(("a", 1)),
    };

    private static ImmutableSortedDictionary<string, double> Numbers(params (string Name, double Value)[] numbers) =>
        numbers.ToImmutableSortedDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, Threshold> Bounds(string head, Threshold bound) => ImmutableSortedDictionary.Create<string, Threshold>(StringComparer.Ordinal).Add(head, bound);
}
