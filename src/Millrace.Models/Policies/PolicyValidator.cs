using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>Finds everything that is wrong with policies and surfaces; each fault names the field's path, what was expected and what was got.</summary>
public static class PolicyValidator
{
    /// <summary>The most items of a slate, over all slots.</summary>
    public const int MostItems = 500;

    /// <summary>The most candidates of one source, and the most that exploration draws from.</summary>
    public const int MostCandidates = 1000;

    /// <summary>The attributes that <see cref="Policy.AtMost"/> may name.</summary>
    public static ImmutableArray<string> Limitable { get; } = ["kind", "provider"];

    /// <summary>All faults, in order of path; empty when policies and surfaces may come into force.</summary>
    public static IReadOnlyList<string> Faults(IEnumerable<Policy> policies, IEnumerable<Surface> surfaces, FeatureSet features)
    {
        Policy[] all = [.. policies];
        Surface[] places = [.. surfaces];
        return
        [
            .. all.GroupBy(policy => policy.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => $"policies.{same.Key}: defined twice"),
            .. all.SelectMany(policy => Faults(policy, features)),
            .. places.GroupBy(surface => surface.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => $"surfaces.{same.Key}: defined twice"),
            .. places.SelectMany(surface => Faults(surface, all)),
        ];
    }

    /// <summary>All faults of one policy.</summary>
    public static IEnumerable<string> Faults(Policy policy, FeatureSet features)
    {
        string path = $"policies.{policy.Name}";
        for (int i = 0; i < policy.Candidates.Length; i++)
        {
            foreach (string fault in Faults(policy.Candidates[i], features)) yield return $"{path}.candidates[{i}]{fault}";
        }

        foreach (var (name, weight) in policy.Blend)
        {
            if (features.IndexOf(name) < 0) yield return $"{path}.blend.{name}: expected the name of a feature";
            foreach (string used in Protected(name, features).Except(policy.AllowProtected)) yield return $"{path}.blend.{name}: expected no protected feature beside allowProtected; got '{used}'";
            if (!double.IsFinite(weight)) yield return $"{path}.blend.{name}: expected a finite weight; got {Text(weight)}";
        }

        if (!(policy.Explore.Epsilon is >= 0 and <= 1)) yield return $"{path}.explore.epsilon: expected 0 to 1; got {Text(policy.Explore.Epsilon)}";
        if (policy.Explore.Top is < 1 or > MostCandidates) yield return $"{path}.explore.top: expected 1 to {MostCandidates}; got {policy.Explore.Top}";
        foreach (var (attribute, most) in policy.AtMost)
        {
            if (!Limitable.Contains(attribute)) yield return $"{path}.atMost.{attribute}: expected kind or provider";
            if (most < 1) yield return $"{path}.atMost.{attribute}: expected at least 1; got {most}";
        }

        for (int i = 0; i < policy.Pins.Length; i++)
        {
            if (policy.Pins[i].Rank is < 1 or > 100) yield return $"{path}.pins[{i}].rank: expected 1 to 100; got {policy.Pins[i].Rank}";
            if (policy.Pins[i].Item.Length == 0) yield return $"{path}.pins[{i}].item: expected an item id; got nothing";
        }

        foreach (var same in policy.Pins.GroupBy(pin => (pin.Slot, pin.Rank)).Where(same => same.Count() > 1))
        {
            yield return $"{path}.pins: slot '{same.Key.Slot}' rank {same.Key.Rank} is pinned {same.Count()} times";
        }
    }

    /// <summary>All faults of one surface.</summary>
    public static IEnumerable<string> Faults(Surface surface, IReadOnlyCollection<Policy> policies)
    {
        string path = $"surfaces.{surface.Name}";
        if (policies.All(policy => policy.Name != surface.Policy))
        {
            yield return $"{path}.policy: expected the name of a policy; got '{surface.Policy}'";
        }

        if (surface.Slots.Length == 0) yield return $"{path}.slots: expected at least one slot";
        for (int i = 0; i < surface.Slots.Length; i++)
        {
            if (surface.Slots[i].Id.Length is 0 or > 128) yield return $"{path}.slots[{i}].id: expected 1 to 128 characters";
            if (surface.Slots[i].Count is < 1 or > 100) yield return $"{path}.slots[{i}].count: expected 1 to 100; got {surface.Slots[i].Count}";
        }

        if (surface.Slots.Select(slot => slot.Id).Distinct(StringComparer.Ordinal).Count() < surface.Slots.Length) yield return $"{path}.slots: an id stands twice";
        if (surface.Slots.Sum(slot => (long)slot.Count) > MostItems) yield return $"{path}.slots: expected at most {MostItems} items over all slots";
    }

    private static IEnumerable<string> Faults(CandidateSource source, FeatureSet features)
    {
        if (source.Take is < 1 or > MostCandidates) yield return $".take: expected 1 to {MostCandidates}; got {source.Take}";
        if (source.Kind is CandidateSourceKind.SegmentList or CandidateSourceKind.GlobalList)
        {
            yield return ": expected popular, recent, similar, request or pinned; the ladder's lists are no sources";
        }

        if (source.Kind == CandidateSourceKind.Popular && source.Window is null) yield return ".popular: expected a window such as 1h";
        if (source.Kind == CandidateSourceKind.Popular && source.Window is { } window && !features.KeepsPopular(window))
        {
            yield return $".popular: the feature set keeps no popular list of {window}";
        }
    }

    /// <summary>The protected features among one and all that it is computed from.</summary>
    private static IEnumerable<string> Protected(string name, FeatureSet features)
    {
        var (seen, left) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([name]));
        while (left.TryPop(out string? next))
        {
            if (features.IndexOf(next) is not (>= 0 and var index) || !seen.Add(next)) continue;
            FeatureDefinition definition = features.Definitions[index];
            if (definition.Info.Sensitivity == FeatureSensitivity.Protected) yield return next;
            foreach (string input in definition.Inputs) left.Push(input);
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
