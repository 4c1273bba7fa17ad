using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Tests.Models.Policies;

/// <summary>A protected feature reaches no policy that does not say so, whichever door it comes by.</summary>
public sealed class ProtectedDoorTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TheoryData<string, string, string> Doors { get; } = new()
    {
        { "similar", "candidates[0].similar", "'pairs'" },
        { "similar, unnamed", "candidates[0].similar", "'pairs', whose pairs are read where none are named" },
        { "alsoLiked", "candidates[0].pairs", "'pairs'" },
        { "alsoLiked, unnamed", "candidates[0].alsoLiked", "'pairs', whose pairs are read where none are named" },
        { "affinity", "candidates[0].affinity", "'taste'" },
        { "neighbours", "candidates[0].neighbours", "'near'" },
        { "new", "candidates[0].trials", "'shown'" },
        { "blocked", "filters[0].blocked", "'hidden'" },
        { "in", "filters[0].attribute", "'gender', which is the attribute 'sex'" },
        { "atLeast", "filters[0].attribute", "'gender', which is the attribute 'sex'" },
        { "is", "filters[0].attribute", "'woman', which is the attribute 'author'" },
        { "is context", "filters[0].is.context", "'young', which is the context's 'age'" },
        { "blend", "blend.shown", "'shown'" },
        { "blend by way", "blend.by_way", "'shown'" },
        { "heads.blend", "heads.a.blend.shown", "'shown'" },
        { "heads.feature", "heads.a.feature", "'shown'" },
        { "heads.forest", "heads.a.forest", "'shown'" },
        { "heads.linear", "heads.a.linear", "'shown'" },
        { "heads.beta", "heads.a.beta.trials", "'shown'" },
        { "explore.new", "explore.new.trials", "'shown'" },
        { "atMost", "atMost.author", "'woman', which is the attribute 'author'" },
        { "quota", "atLeast[0].attribute", "'gender', which is the attribute 'sex'" },
        { "diversity.by", "diversity.by", "'gender', which is the attribute 'sex'" },
        { "diversity.embedding", "diversity.embedding", "'near'" },
        { "segment", "segment", "'young', which is the context's 'age'" },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public void A_protected_feature_is_refused_at_the_door(string door, string path, string got)
    {
        Policy policy = Through(door);
        Assert.Equal([$"policies.home.{path}: expected no protected feature beside allowProtected; got {got}"], PolicyValidator.Faults(policy, Set(FeatureSensitivity.Protected)));
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void What_is_allowed_and_what_is_not_protected_pass(string door, string path, string got)
    {
        string name = got.Split('\'')[1];
        Assert.Contains(PolicyReading.AllReads(Through(door)), read => read.Path == path);
        Assert.Empty(PolicyValidator.Faults(Through(door) with { AllowProtected = [name] }, Set(FeatureSensitivity.Protected)));
        Assert.Empty(PolicyValidator.Faults(Through(door), Set(FeatureSensitivity.None)));
    }

    [Fact]
    public void A_policy_that_reads_nothing_protected_is_clean()
    {
        Policy policy = Base with
        {
            Candidates = [new CandidateSource(CandidateSourceKind.Recent, 50), new CandidateSource(CandidateSourceKind.Popular, 50, Hour)],
            Filters = [new AgeFilter(Day), new ValueFilter("market", ["BR"]), new ContextFilter("language", "language")],
            AtMost = Base.AtMost.Add("provider", 2),
            AtLeast = [new Quota { Fresh = Day, Least = 1 }],
            Segment = "market",
        };
        Assert.Empty(PolicyValidator.Faults(policy, Set(FeatureSensitivity.Protected)));
    }

    private static Policy Base { get; } = new()
    {
        Name = "home",
        Candidates = [new CandidateSource(CandidateSourceKind.Recent, 50)],
        Blend = Numbers("open"),
    };

    private static Policy Through(string door) => door switch
    {
        "similar" => From(new CandidateSource(CandidateSourceKind.Similar, 5) { Feature = "pairs" }),
        "similar, unnamed" => From(new CandidateSource(CandidateSourceKind.Similar, 5)),
        "alsoLiked" => From(new CandidateSource(CandidateSourceKind.AlsoLiked, 5, Day) { Feature = "pairs" }),
        "alsoLiked, unnamed" => From(new CandidateSource(CandidateSourceKind.AlsoLiked, 5, Day)),
        "affinity" => From(new CandidateSource(CandidateSourceKind.Affinity, 5) { Feature = "taste" }),
        "neighbours" => From(new CandidateSource(CandidateSourceKind.Neighbours, 5) { Feature = "near" }),
        "new" => From(new CandidateSource(CandidateSourceKind.New, 5, Day) { Feature = "shown" }),
        "blocked" => With(new PastFilter("hidden")),
        "in" => With(new ValueFilter("sex", ["f"])),
        "atLeast" => With(new NumberFilter("sex", 1, null)),
        "is" => With(new ContextFilter("author", "market")),
        "is context" => With(new ContextFilter("market", "age")),
        "blend" => Base with { Blend = Numbers("open", "shown") },
        "blend by way" => Base with { Blend = Numbers("by_way") },
        "heads.blend" => With(new BlendHead(Numbers("shown"))),
        "heads.feature" => With(new FeatureHead("shown")),
        "heads.forest" => With(new ForestHead(new string('a', 64), ["open", "shown"])),
        "heads.linear" => With(new LinearHead(new string('a', 64), ["open", "shown"])),
        "heads.beta" => With(new BetaHead("open", "shown")),
        "explore.new" => Base with { Explore = new Exploration(0.1) { New = new NewItems("shown", 100, 2) } },
        "atMost" => Base with { AtMost = Base.AtMost.Add("author", 2) },
        "quota" => Base with { AtLeast = [new Quota { Attribute = "sex", Value = "f", Least = 1 }] },
        "diversity.by" => Base with { Diversity = new Diversity(0.5, "sex") },
        "diversity.embedding" => Base with { Diversity = new Diversity(0.5, "near", Embedding: true) },
        "segment" => Base with { Segment = "age" },
        _ => throw new ArgumentOutOfRangeException(nameof(door), door, "no door"),
    };

    private static Policy From(CandidateSource source) => Base with { Candidates = [source] };

    private static Policy With(CandidateFilter filter) => Base with { Filters = [filter] };

    private static Policy With(Head head) =>
        Base with { Blend = Numbers(), Heads = Base.Heads.Add("a", head), Objectives = Numbers("a") };

    private static ImmutableSortedDictionary<string, double> Numbers(params string[] names) =>
        names.ToImmutableSortedDictionary(static name => name, static _ => 1.0, StringComparer.Ordinal);

    private static FeatureSet Set(FeatureSensitivity sensitivity)
    {
        var info = new FeatureInfo { Sensitivity = sensitivity };
        return FeatureSet.Create(
        [
            new CountFeature("open", "click", Hour),
            new ExpressionFeature("by_way", FeatureEntity.Item, "shown + 1"),
            new CooccurrenceFeature("pairs", "click", Day) { Info = info },
            new AffinityFeature("taste", FeatureEntity.User, "click", "attribute:topics", Day) { Info = info },
            new EmbeddingSimilarityFeature("near", FeatureEntity.User, "click", 8) { Info = info },
            new CountFeature("shown", "impression", Day) { Info = info },
            new PastFeature("hidden", FeatureEntity.User, "hide", Day) { Info = info },
            new ItemValueFeature("gender", "sex") { Info = info },
            new ItemIsFeature("woman", "attribute:author", "f") { Info = info },
            new ContextIsFeature("young", "age", "1") { Info = info },
        ],
        new SourceWindows { Popular = [Hour], History = Day });
    }
}
