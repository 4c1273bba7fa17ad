using System.Collections.Frozen;
using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ranking;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Pipeline;

/// <summary>The policies and surfaces in force, checked; immutable. A request pins one.</summary>
public sealed class PolicySet
{
    private readonly FrozenDictionary<string, Surface> _surfaces;
    private readonly FrozenDictionary<string, (Policy Policy, RankingPlan Plan)> _policies;
    private readonly FrozenDictionary<string, CandidatePlan> _candidates;

    private PolicySet(IEnumerable<(Policy Policy, RankingPlan Plan)> policies, FrozenDictionary<string, Surface> surfaces, FeatureSet features, FrozenDictionary<string, CandidatePlan> candidates)
    {
        _policies = policies.ToFrozenDictionary(pair => pair.Policy.Name, StringComparer.Ordinal);
        _surfaces = surfaces;
        _candidates = candidates;
        Features = features;
        Embeddings =
        [
            .. Policies.SelectMany(static policy => policy.Candidates).Where(static source => source.Kind == CandidateSourceKind.Neighbours)
                .Select(source => (ItemVectorsKey)features.Definitions[features.IndexOf(source.Feature!)].States[0])
                .Distinct().OrderBy(static key => key.Dimensions),
        ];
    }

    public FeatureSet Features { get; }

    /// <summary>The embeddings that policies look for neighbours in, by their dimensions.</summary>
    internal ImmutableArray<ItemVectorsKey> Embeddings { get; }

    public IEnumerable<Surface> Surfaces => _surfaces.Values;

    public IEnumerable<Policy> Policies => _policies.Values.Select(static pair => pair.Policy);

    /// <summary>Checks and compiles.</summary>
    /// <param name="policies">Each name once.</param>
    /// <param name="surfaces">Each name once.</param>
    /// <param name="features">What policies may read.</param>
    /// <param name="shelf">Their models; null when they have none.</param>
    /// <param name="terms">The names of the terms from outside that policies may read; none by default.</param>
    /// <exception cref="PolicyFaultsException">Something is wrong: lists every fault.</exception>
    public static PolicySet Create(IEnumerable<Policy> policies, IEnumerable<Surface> surfaces, FeatureSet features, IModelShelf? shelf = null, ImmutableArray<string> terms = default)
    {
        Policy[] all = [.. policies];
        Surface[] places = [.. surfaces];
        ImmutableArray<string> faults = [.. PolicyValidator.Faults(all, places, features), .. all.SelectMany(policy => TermFaults.Of(policy, terms))];
        if (faults.Length > 0) throw new PolicyFaultsException(faults);
        shelf ??= MemoryModelShelf.Empty;
        return new PolicySet(
            [.. all.Select(policy => (policy, Compile(policy, () => RankingPlan.Compile(policy, shelf))))],
            places.ToFrozenDictionary(surface => surface.Name, StringComparer.Ordinal),
            features,
            all.ToFrozenDictionary(policy => policy.Name, policy => Compile(policy, () => new CandidatePlan(policy, features, shelf)), StringComparer.Ordinal));
    }

    /// <summary>The same with the versions that the policies were given meanwhile; a version changes nothing that is compiled.</summary>
    /// <param name="policies">By name, alike but for their versions.</param>
    public PolicySet Versioned(IReadOnlyDictionary<string, Policy> policies) =>
        new(_policies.Values.Select(pair => (policies[pair.Policy.Name], pair.Plan)), _surfaces, Features, _candidates);

    /// <summary>The same without filters: among made-up items, which none of them knows, there would be nothing to decide.</summary>
    internal PolicySet Unfiltered()
    {
        (Policy Policy, RankingPlan Plan)[] policies = [.. _policies.Values.Select(static pair => (pair.Policy with { Filters = [] }, pair.Plan))];
        return new(policies, _surfaces, Features, policies.ToFrozenDictionary(pair => pair.Policy.Name, pair => _candidates[pair.Policy.Name].Filtered(pair.Policy, Features), StringComparer.Ordinal));
    }

    /// <summary>The surface and its policy; null when no surface has the name.</summary>
    public (Surface Surface, Policy Policy)? Find(string surface) =>
        _surfaces.TryGetValue(surface, out Surface? found) ? (found, _policies[found.Policy].Policy) : null;

    /// <summary>The same with the policy's heads.</summary>
    internal (Surface Surface, Policy Policy, RankingPlan Plan)? Bound(string surface) =>
        Find(surface) is var (found, policy) ? (found, policy, _policies[found.Policy].Plan) : null;

    private static T Compile<T>(Policy policy, Func<T> compile)
    {
        try
        {
            return compile();
        }
        catch (Exception fault) when (fault is ModelMissingException or ForestException)
        {
            throw new PolicyFaultsException([$"policies.{policy.Name}.{fault.Message}"]);
        }
    }

    /// <summary>Where the candidates of one of the policies come from.</summary>
    internal CandidatePlan CandidatesOf(Policy policy) => _candidates[policy.Name];
}

/// <summary>Policies or surfaces are refused; the last good ones stay in force.</summary>
public sealed class PolicyFaultsException(ImmutableArray<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public ImmutableArray<string> Faults { get; } = faults;
}
