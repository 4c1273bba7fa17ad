using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with the terms from outside that a policy's heads read.</summary>
internal static class TermFaults
{
    /// <param name="policy">The policy.</param>
    /// <param name="terms">The names that there are.</param>
    internal static IEnumerable<string> Of(Policy policy, ImmutableArray<string> terms)
    {
        string expected = terms.IsDefaultOrEmpty ? "a node that has terms from outside; this one has none" : $"one of the terms from outside: {string.Join(", ", terms)}";
        foreach (var (name, head) in policy.Heads)
        {
            if (head is not ExternalHead external || (!terms.IsDefault && terms.Contains(external.Term))) continue;
            string near = terms.IsDefaultOrEmpty || NearestName.Of(external.Term, terms) is not { } known ? "" : $"; nearest is '{known}'";
            yield return $"policies.{policy.Name}.heads.{name}.external: expected {expected}; got '{external.Term}'{near}";
        }
    }
}
