namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's limits and exploration.</summary>
internal static class SlateFaults
{
    internal static IEnumerable<string> Of(Policy policy)
    {
        if (!(policy.Explore.Epsilon is >= 0 and <= 1)) yield return $"explore.epsilon: expected 0 to 1; got {PolicyValidator.Text(policy.Explore.Epsilon)}";
        if (policy.Explore.Top is < 1 or > PolicyValidator.MostCandidates) yield return $"explore.top: expected 1 to {PolicyValidator.MostCandidates}; got {policy.Explore.Top}";
        foreach (var (attribute, most) in policy.AtMost)
        {
            if (!PolicyValidator.Limitable.Contains(attribute)) yield return $"atMost.{attribute}: expected kind or provider";
            if (most < 1) yield return $"atMost.{attribute}: expected at least 1; got {most}";
        }
    }
}
