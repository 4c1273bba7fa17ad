using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>
/// Where a protected feature would reach a policy that does not name it in <see cref="Policy.AllowProtected"/>: by itself, by a feature that is computed from it, or by the attribute
/// or the key of the context of which it is the value.
/// </summary>
internal static class ProtectedFaults
{
    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        FeatureDefinition[] guarded = [.. features.Definitions.Where(feature => feature.Info.Sensitivity == FeatureSensitivity.Protected && !policy.AllowProtected.Contains(feature.Name))];
        if (guarded.Length == 0) return [];
        return PolicyReading.AllReads(policy).SelectMany(read => Of(read, guarded, features).Select(fault => $"{read.Path}: expected no protected feature beside allowProtected; got {fault}"));
    }

    private static IEnumerable<string> Of(PolicyRead read, FeatureDefinition[] guarded, FeatureSet features)
    {
        switch (read.Of)
        {
            case PolicyReadOf.Feature:
                HashSet<string> needed = Closure(read.Name, features);
                return guarded.Where(feature => needed.Contains(feature.Name)).Select(static feature => $"'{feature.Name}'");
            case PolicyReadOf.Pairs:
                return guarded.Where(feature => feature.Name == features.SimilarPairs.Name).Select(static feature => $"'{feature.Name}', whose pairs are read where none are named");
            case PolicyReadOf.Attribute:
                return guarded.Where(feature => AttributeOf(feature) == read.Name).Select(feature => $"'{feature.Name}', which is the attribute '{read.Name}'");
            default:
                return guarded.Where(feature => IsContext(feature, read.Name)).Select(feature => $"'{feature.Name}', which is the context's '{read.Name}'");
        }
    }

    private static string? AttributeOf(FeatureDefinition feature) => feature switch
    {
        ItemValueFeature value => value.Attribute,
        ItemIsFeature { By: var by } => ItemPart.KeyOf(by) ?? by,
        _ => null,
    };

    private static bool IsContext(FeatureDefinition feature, string key) => feature is ContextValueFeature or ContextIsFeature && feature.ContextKeys.Contains(key);

    // A feature with all that it is computed from.
    private static HashSet<string> Closure(string name, FeatureSet features)
    {
        var (seen, left) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([name]));
        while (left.TryPop(out string? next))
        {
            if (features.IndexOf(next) is not (>= 0 and var index) || !seen.Add(next)) continue;
            foreach (string input in features.Definitions[index].Inputs) left.Push(input);
        }

        return seen;
    }
}
