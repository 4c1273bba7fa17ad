using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's predictions and their weights.</summary>
internal static class HeadFaults
{
    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        foreach (var (name, weight) in policy.Blend)
        {
            if (features.IndexOf(name) < 0) yield return $"blend.{name}: expected the name of a feature";
            foreach (string used in Protected(name, features).Except(policy.AllowProtected)) yield return $"blend.{name}: expected no protected feature beside allowProtected; got '{used}'";
            if (!double.IsFinite(weight)) yield return $"blend.{name}: expected a finite weight; got {PolicyValidator.Text(weight)}";
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
}
