namespace Millrace.Models.Policies;

/// <summary>Every door by which a policy lets something be read into a decision. What a new setting reads is added here, and is then guarded like the rest.</summary>
/// <remarks>
/// A request's own <c>constraints</c> are no door of its policy, and outside the guard: whoever asks may limit or want values of an attribute that the policy would be refused.
/// docs/API.md says so.
/// </remarks>
internal static class PolicyDoors
{
    internal static IEnumerable<PolicyRead> Of(Policy policy) =>
    [
        .. policy.Candidates.SelectMany(static (source, i) => Of(source, $"candidates[{i}]")),
        .. policy.FirstPhase is { } phase ? Of(phase) : [],
        .. policy.Filters.SelectMany(static (filter, i) => Of(filter, $"filters[{i}]")),
        .. policy.Blend.Keys.Select(static name => Feature($"blend.{name}", name)),
        .. policy.Heads.SelectMany(static head => Of(head.Value, $"heads.{head.Key}")),
        .. OfSlate(policy),
    ];

    private static IEnumerable<PolicyRead> Of(CandidateSource source, string path) => source switch
    {
        { Kind: CandidateSourceKind.Similar, Feature: null } => [new PolicyRead($"{path}.similar", PolicyReadOf.Pairs, "")],
        { Kind: CandidateSourceKind.AlsoLiked, Feature: null } => [new PolicyRead($"{path}.alsoLiked", PolicyReadOf.Pairs, "")],
        { Feature: { } feature } => [Feature($"{path}.{FieldOf(source.Kind)}", feature)],
        _ => [],
    };

    private static IEnumerable<PolicyRead> Of(FirstPhase phase) =>
        Of(phase.Head, "firstPhase").Concat(phase.Base is null ? [] : Of(phase.Base, "firstPhase")).Where(static read => !FirstPhase.IsOfLists(read.Name));

    private static IEnumerable<PolicyRead> Of(CandidateFilter filter, string path) => filter switch
    {
        PastFilter past => [Feature($"{path}.blocked", past.Past)],
        ValueFilter values => [Attribute($"{path}.attribute", values.Attribute)],
        NumberFilter number => [Attribute($"{path}.attribute", number.Attribute)],
        ContextFilter context => [Attribute($"{path}.attribute", context.Attribute), Context($"{path}.is.context", context.Context)],
        _ => [],
    };

    private static IEnumerable<PolicyRead> Of(Head head, string path) => head switch
    {
        BlendHead blend => blend.Weights.Keys.Select(name => Feature($"{path}.blend.{name}", name)),
        FeatureHead feature => [Feature($"{path}.feature", feature.Feature)],
        BetaHead beta => [Feature($"{path}.beta.successes", beta.Successes), Feature($"{path}.beta.trials", beta.Trials)],
        ForestHead forest => forest.Features.Select(name => Feature($"{path}.forest", name)),
        LinearHead linear => linear.Features.Select(name => Feature($"{path}.linear", name)),
        _ => head.Reads.Select(name => Feature(path, name)),
    };

    private static IEnumerable<PolicyRead> OfSlate(Policy policy)
    {
        if (policy.Explore.New is { } fresh) yield return Feature("explore.new.trials", fresh.Trials);
        foreach (string attribute in policy.AtMost.Keys) yield return Attribute($"atMost.{attribute}", attribute);
        for (int i = 0; i < policy.AtLeast.Length; i++)
        {
            if (policy.AtLeast[i].Attribute is { } attribute) yield return Attribute($"atLeast[{i}].attribute", attribute);
        }

        if (policy.Diversity is { Embedding: true } near) yield return Feature("diversity.embedding", near.By);
        if (policy.Diversity is { Embedding: false } alike) yield return Attribute("diversity.by", alike.By);
        for (int i = 0; i < policy.Pacing.Length; i++) yield return Attribute($"pacing[{i}].attribute", policy.Pacing[i].Attribute);
        if (policy.Segment is { } segment) yield return Context("segment", segment);
    }

    /// <summary>The setting of a source that names its feature.</summary>
    internal static string FieldOf(CandidateSourceKind kind) => kind switch
    {
        CandidateSourceKind.AlsoLiked => "pairs",
        CandidateSourceKind.New => "trials",
        _ => char.ToLowerInvariant(kind.ToString()[0]) + kind.ToString()[1..],
    };

    private static PolicyRead Feature(string path, string name) => new(path, PolicyReadOf.Feature, name);

    private static PolicyRead Attribute(string path, string name) => new(path, PolicyReadOf.Attribute, name);

    private static PolicyRead Context(string path, string name) => new(path, PolicyReadOf.Context, name);
}
