using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with where a policy's candidates come from.</summary>
internal static class CandidateFaults
{
    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        for (int i = 0; i < policy.Candidates.Length; i++)
        {
            foreach (string fault in Faults(policy.Candidates[i], features)) yield return $"candidates[{i}]{fault}";
        }
    }

    private static IEnumerable<string> Faults(CandidateSource source, FeatureSet features)
    {
        if (source.Take is < 1 or > PolicyValidator.MostCandidates) yield return $".take: expected 1 to {PolicyValidator.MostCandidates}; got {source.Take}";
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
}
