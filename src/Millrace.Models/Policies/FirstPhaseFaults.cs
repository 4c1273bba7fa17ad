using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's first phase of ranking.</summary>
internal static class FirstPhaseFaults
{
    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        if (policy.FirstPhase is not { } phase) yield break;
        if (policy.Pool is not { } pool) yield return "firstPhase: expected a policy with a `pool`, which is what it keeps";
        else if (phase.From < pool || phase.From > FirstPhase.MostFrom) yield return $"firstPhase.from: expected {pool}, the policy's pool, to {FirstPhase.MostFrom}; got {phase.From}";
        foreach (var same in policy.Candidates.GroupBy(FirstPhase.NameOf, StringComparer.Ordinal).Where(static same => same.Count() > 1))
        {
            yield return $"firstPhase: expected sources whose lists it can tell apart; got {same.Count()} that are {same.Key}";
        }

        foreach (string fault in HeadFaults.OfFirstPhase(phase.Head, features).Concat(phase.Base is null ? [] : HeadFaults.OfFirstPhase(phase.Base, features)).Concat(Lists(phase, policy))) yield return $"firstPhase.{fault}";
    }

    private static IEnumerable<string> Lists(FirstPhase phase, Policy policy)
    {
        string[] known = [.. policy.Candidates.Where(CandidateSource.HasList).Select(FirstPhase.NameOf), FirstPhase.Points, FirstPhase.Lists];
        return phase.Reads.Where(FirstPhase.IsOfLists).Except(known, StringComparer.Ordinal).Select(name =>
            $"{(phase.Head is ForestHead forest && forest.Features.Contains(name) ? "forest" : $"blend.{name}")}: expected lists of the policy's sources; got '{name}'{(NearestName.Of(name, known) is { } near ? $"; nearest is '{near}'" : "")}");
    }
}
