using System.Collections.Frozen;
using System.Collections.Immutable;
using Millrace.Decisions.Ladder;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>The policies and surfaces in force, checked; immutable. A request pins one.</summary>
public sealed class PolicySet
{
    private readonly FrozenDictionary<string, Surface> _surfaces;
    private readonly FrozenDictionary<string, Policy> _policies;
    private readonly FrozenDictionary<string, Bulkhead> _bulkheads;

    private PolicySet(IEnumerable<Policy> policies, IEnumerable<Surface> surfaces, FeatureSet features)
    {
        _policies = policies.ToFrozenDictionary(policy => policy.Name, StringComparer.Ordinal);
        _surfaces = surfaces.ToFrozenDictionary(surface => surface.Name, StringComparer.Ordinal);
        _bulkheads = _surfaces.ToFrozenDictionary(surface => surface.Key, surface => new Bulkhead(surface.Value.AtOnce), StringComparer.Ordinal);
        Features = features;
    }

    public FeatureSet Features { get; }

    public IEnumerable<Surface> Surfaces => _surfaces.Values;

    public IEnumerable<Policy> Policies => _policies.Values;

    /// <summary>Checks and binds.</summary>
    /// <exception cref="PolicyFaultsException">Something is wrong: lists every fault.</exception>
    public static PolicySet Create(IEnumerable<Policy> policies, IEnumerable<Surface> surfaces, FeatureSet features)
    {
        Policy[] all = [.. policies];
        Surface[] places = [.. surfaces];
        ImmutableArray<string> faults = [.. PolicyValidator.Faults(all, places, features)];
        return faults.Length > 0 ? throw new PolicyFaultsException(faults) : new PolicySet(all, places, features);
    }

    /// <summary>The surface and its policy; null when no surface has the name.</summary>
    public (Surface Surface, Policy Policy)? Find(string surface) =>
        _surfaces.TryGetValue(surface, out Surface? found) ? (found, _policies[found.Policy]) : null;

    /// <summary>The same with the surface's bulkhead.</summary>
    internal (Surface Surface, Policy Policy, Bulkhead Bulkhead)? Bound(string surface) =>
        Find(surface) is var (found, policy) ? (found, policy, _bulkheads[surface]) : null;
}

/// <summary>Policies or surfaces are refused; the last good ones stay in force.</summary>
public sealed class PolicyFaultsException(ImmutableArray<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public ImmutableArray<string> Faults { get; } = faults;
}
