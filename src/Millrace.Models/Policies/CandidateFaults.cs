using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with where a policy's candidates come from.</summary>
internal static class CandidateFaults
{
    internal const int MostWeight = 100;

    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        for (int i = 0; i < policy.Candidates.Length; i++)
        {
            foreach (string fault in Faults(policy.Candidates[i], policy, features)) yield return $"candidates[{i}]{fault}";
        }

        if (policy.Pool is < 1 or > PolicyValidator.MostCandidates) yield return $"pool: expected 1 to {PolicyValidator.MostCandidates}; got {policy.Pool}";
        for (int i = 0; i < policy.Boosts.Length; i++)
        {
            if (policy.Boosts[i].Length == 0) yield return $"boosts[{i}]: expected an item id; got nothing";
        }

        foreach (var (item, worth) in policy.Worths)
        {
            if (!policy.Boosts.Contains(item)) yield return $"boosts: expected a worth of what is boosted; got one of '{item}'";
            if (!double.IsFinite(worth)) yield return $"boosts: expected a finite worth of '{item}'; got {PolicyValidator.Text(worth)}";
        }

        foreach (string fault in FirstPhaseFaults.Of(policy, features).Concat(FilterFaults.Of(policy, features))) yield return fault;
    }

    private static IEnumerable<string> Faults(CandidateSource source, Policy policy, FeatureSet features)
    {
        if (source.Take is < 1 or > PolicyValidator.MostCandidates) yield return $".take: expected 1 to {PolicyValidator.MostCandidates}; got {source.Take}";
        if (source.Kind is CandidateSourceKind.SegmentList or CandidateSourceKind.GlobalList)
        {
            yield return ": expected popular, recent, similar, request or pinned; the ladder's lists are no sources";
        }

        if (source.Of is not null && source.Kind != CandidateSourceKind.Neighbours) yield return ".of: expected none but beside neighbours";
        if (source.Deadline is { } deadline && deadline <= TimeSpan.Zero) yield return $".deadline: expected more than nothing; got {deadline}";
        if (source.Weight is { } weight && !(Math.Abs(weight) <= MostWeight)) yield return $".weight: expected -{MostWeight} to {MostWeight}; got {PolicyValidator.Text(weight)}";
        if (source.Weight is not null && policy.Pool is null) yield return ".weight: expected a policy with a `pool`, which what is fused fills";
        foreach (string fault in WindowFaults(source, policy, features).Concat(FeatureFaults(source, features))) yield return fault;
    }

    private static IEnumerable<string> WindowFaults(CandidateSource source, Policy policy, FeatureSet features)
    {
        if (source.Kind is CandidateSourceKind.Popular or CandidateSourceKind.Trending or CandidateSourceKind.AlsoLiked or CandidateSourceKind.New && source.Window is null)
        {
            yield return $".{PolicyDoors.FieldOf(source.Kind)}: expected a window such as 1h";
        }

        if (source.Window is not { } window) yield break;
        switch (source.Kind)
        {
            case CandidateSourceKind.Popular when source.Segment:
                if (policy.Segment is null) yield return ".segment: expected a policy whose `segment` names a key of the context";
                if (!features.KeepsSegments(window)) yield return $".popular: the feature set keeps no popular lists of segments of {window}";
                break;
            case CandidateSourceKind.Popular when !features.KeepsPopular(window):
                yield return $".popular: the feature set keeps no popular list of {window}";
                break;
            case CandidateSourceKind.Affinity when !features.KeepsPopular(window):
                yield return $".window: the feature set keeps no popular list of {window}";
                break;
            case CandidateSourceKind.Trending when !features.KeepsPopular(window) || !features.KeepsPopular(2 * window):
                yield return $".trending: the feature set keeps no popular lists of {window} and {2 * window}";
                break;
            case CandidateSourceKind.AlsoLiked when !features.KeepsHistory(window):
                yield return $".alsoLiked: the feature set keeps no clicks of users for {window}";
                break;
        }
    }

    private static IEnumerable<string> FeatureFaults(CandidateSource source, FeatureSet features)
    {
        FeatureDefinition? feature = source.Feature is { } name && features.IndexOf(name) is var index and >= 0 ? features.Definitions[index] : null;
        string? wanted = source.Kind switch
        {
            CandidateSourceKind.Similar or CandidateSourceKind.AlsoLiked when source.Feature is not null && feature is not CooccurrenceFeature => "a co-occurrence",
            CandidateSourceKind.Affinity when feature is not AffinityFeature => "an affinity",
            CandidateSourceKind.Neighbours when feature is not EmbeddingSimilarityFeature => "a similarity of embeddings",
            CandidateSourceKind.New when source.Feature is not null && feature is not (CountFeature or ExaminedCountFeature { By: null }) => "a count of items, or of their examinations",
            _ => null,
        };
        if (wanted is not null) yield return $".{PolicyDoors.FieldOf(source.Kind)}: expected the name of a feature that is {wanted}; got '{source.Feature}'";
    }
}
