using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

public sealed class PolicyValidatorTests
{
    private static readonly Surface Place = new("home", "home", [new Slot("main", 6)]);

    public static TheoryData<string, string> Faulty => new()
    {
        { "take", "policies.home.candidates[0].take: expected 1 to 1000; got 0" },
        { "window", "policies.home.candidates[0].popular: expected a window such as 1h" },
        { "unkept", "policies.home.candidates[0].popular: the feature set keeps no popular list of 02:00:00" },
        { "list", "policies.home.candidates[0]: expected popular, recent, similar, request or pinned; the ladder's lists are no sources" },
        { "feature", "policies.home.blend.clicks_2h: expected the name of a feature; got 'clicks_2h'; nearest is 'clicks_1h'" },
        { "weight", "policies.home.blend.next: expected a finite weight; got NaN" },
        { "epsilon", "policies.home.explore.epsilon: expected 0 to 1; got NaN" },
        { "top", "policies.home.explore.top: expected 1 to 1000; got 0" },
        { "limit", "policies.home.atMost.provider: expected at least 1; got 0" },
        { "gamma", "policies.home.explore.gamma: expected more than 0; got 0" },
        { "temperature", "policies.home.explore.temperature: expected more than 0; got -1" },
        { "draws", "policies.home.explore.draws: expected 1 to 1000; got 0" },
        { "method", "policies.home.explore.method: expected EpsilonGreedy or SquareCb or PlackettLuce or Thompson; got 9" },
        { "trials", "policies.home.explore.new.trials: expected the name of a feature; got 'clicks_2h'; nearest is 'clicks_1h'" },
        { "newNever", "policies.home.explore.new: expected epsilon above 0, or a rule that draws; got neither, so that no new item would ever be shown for it" },
        { "newTake", "policies.home.explore.new.take: expected 1 to 100; got 0" },
        { "quota", "policies.home.atLeast[0]: expected attribute and value, or fresh; got attribute and value and fresh" },
        { "quotaNeed", "policies.home.atLeast[0]: expected least or share, one of them; got both" },
        { "quotaTop", "policies.home.atLeast[0].least: expected at most top = 2; got 3" },
        { "quotaLimit", "policies.home.atLeast[0].least: expected at most atMost.provider = 2; got 3" },
        { "quotaSum", "policies.home.atLeast: expected at most 3 of topic in the first 3; got 4" },
        { "quotas", "policies.home.atLeast: expected at most 5 quotas; got 6" },
        { "mmr", "policies.home.diversity.mmr: expected more than 0; got NaN" },
        { "embedding", "policies.home.diversity.embedding: expected a feature of items' vectors; got 'clicks_1h'" },
        { "rank", "policies.home.pins[0].rank: expected 1 to 100; got 101" },
        { "pin", "policies.home.pins[0].item: expected an item id; got nothing" },
        { "pins", "policies.home.pins: slot 'main' rank 2 is pinned 2 times" },
    };

    public static TheoryData<string, string> FaultySurface => new()
    {
        { "policy", "surfaces.home.policy: expected the name of a policy; got 'hom'" },
        { "none", "surfaces.home.slots: expected at least one slot" },
        { "id", "surfaces.home.slots[0].id: expected 1 to 128 characters" },
        { "count", "surfaces.home.slots[0].count: expected 1 to 100; got 101" },
        { "twice", "surfaces.home.slots: an id stands twice" },
        { "items", "surfaces.home.slots: expected at most 500 items over all slots" },
    };

    [Fact]
    public void A_sound_policy_has_no_fault() => Assert.Empty(PolicyValidator.Faults([DecisionHarness.Home], [Place], DecisionHarness.Set));

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_fault_of_a_policy_is_named_with_its_path(string what, string fault) =>
        Assert.Equal([fault], PolicyValidator.Faults([Broken(what)], [Place], DecisionHarness.Set));

    [Theory]
    [MemberData(nameof(FaultySurface))]
    public void A_fault_of_a_surface_is_named_with_its_path(string what, string fault) =>
        Assert.Equal([fault], PolicyValidator.Faults([DecisionHarness.Home], [BrokenPlace(what)], DecisionHarness.Set));

    [Fact]
    public void A_quota_that_its_surface_has_no_places_for_is_named()
    {
        Policy policy = DecisionHarness.Home with { AtLeast = [new Quota { Attribute = "kind", Value = "k1", Least = 4 }, new Quota { Fresh = TimeSpan.FromHours(6), Share = 1 }] };
        Assert.Empty(PolicyValidator.Faults([policy], [Place], DecisionHarness.Set));
        Assert.Equal(
            ["surfaces.home.policy: expected a policy whose atLeast[0] fits 3 places; got 'home', which wants 4"],
            PolicyValidator.Faults([policy], [Place with { Slots = [new Slot("main", 3)] }], DecisionHarness.Set));
    }

    [Fact]
    public void All_faults_are_listed_at_once() => Assert.Equal(
        ["policies.home: defined twice", .. Enumerable.Repeat("policies.home.explore.top: expected 1 to 1000; got 0", 2), "surfaces.home: defined twice"],
        PolicyValidator.Faults([Broken("top"), Broken("top")], [Place, Place], DecisionHarness.Set));

    private static Policy Broken(string what)
    {
        Policy home = DecisionHarness.Home;
        return what switch
        {
            "take" => home with { Candidates = [new CandidateSource(CandidateSourceKind.Recent, 0)] },
            "window" => home with { Candidates = [new CandidateSource(CandidateSourceKind.Popular, 1)] },
            "unkept" => home with { Candidates = [new CandidateSource(CandidateSourceKind.Popular, 1, TimeSpan.FromHours(2))] },
            "list" => home with { Candidates = [new CandidateSource(CandidateSourceKind.GlobalList, 1)] },
            "feature" => home with { Blend = home.Blend.Add("clicks_2h", 1) },
            "weight" => home with { Blend = home.Blend.SetItem("next", double.NaN) },
            "epsilon" => home with { Explore = new Exploration(double.NaN) },
            "top" => home with { Explore = new Exploration(0.1, 0) },
            "limit" => home with { AtMost = home.AtMost.SetItem("provider", 0) },
            "gamma" => home with { Explore = new Exploration(0.1) { Gamma = 0 } },
            "temperature" => home with { Explore = new Exploration(0.1) { Temperature = -1 } },
            "draws" => home with { Explore = new Exploration(0.1) { Draws = 0 } },
            "method" => home with { Explore = new Exploration(0.1) { Method = (ExplorationMethod)9 } },
            "trials" => home with { Explore = new Exploration(0.1) { New = new NewItems("clicks_2h", 200, 2) } },
            "newNever" => home with { Explore = new Exploration(0) { New = new NewItems("clicks_1h", 200, 2) } },
            "newTake" => home with { Explore = new Exploration(0.1) { New = new NewItems("clicks_1h", 200, 0) } },
            "quota" => home with { AtLeast = [new Quota { Attribute = "kind", Value = "k1", Fresh = TimeSpan.FromHours(6), Least = 1 }] },
            "quotaNeed" => home with { AtLeast = [new Quota { Attribute = "kind", Value = "k1", Least = 1, Share = 0.1 }] },
            "quotaTop" => home with { AtLeast = [new Quota { Attribute = "kind", Value = "k1", Least = 3, Top = 2 }] },
            "quotaLimit" => home with { AtLeast = [new Quota { Attribute = "provider", Value = "p1", Least = 3 }] },
            "quotaSum" => home with
            {
                AtLeast = [new Quota { Attribute = "topic", Value = "a", Least = 2, Top = 3 }, new Quota { Attribute = "topic", Value = "b", Least = 2, Top = 3 }],
            },
            "quotas" => home with { AtLeast = [.. Enumerable.Range(0, 6).Select(i => new Quota { Attribute = "topic", Value = $"t{i}", Least = 1 })] },
            "mmr" => home with { Diversity = new Diversity(double.NaN, "topic") },
            "embedding" => home with { Diversity = new Diversity(1, "clicks_1h", Embedding: true) },
            "rank" => home with { Pins = [new Pin("main", 101, "a")] },
            "pin" => home with { Pins = [new Pin("main", 1, "")] },
            "pins" => home with { Pins = [new Pin("main", 2, "a"), new Pin("main", 2, "b")] },
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
    }

    private static Surface BrokenPlace(string what) => what switch
    {
        "policy" => Place with { Policy = "hom" },
        "none" => Place with { Slots = [] },
        "id" => Place with { Slots = [new Slot("", 1)] },
        "count" => Place with { Slots = [new Slot("main", 101)] },
        "twice" => Place with { Slots = [new Slot("main", 1), new Slot("main", 2)] },
        "items" => Place with { Slots = [.. Enumerable.Range(0, 6).Select(i => new Slot($"s{i}", 100))] },
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };
}
