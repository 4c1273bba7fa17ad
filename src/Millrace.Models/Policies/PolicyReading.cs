using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>What a policy predicts and reads, whichever way it is written.</summary>
public static class PolicyReading
{
    /// <summary>The one head of a policy that has a blend.</summary>
    public const string BlendHead = "score";

    /// <summary>The heads: those that are named, or the blend as one.</summary>
    public static ImmutableSortedDictionary<string, Head> HeadsOf(Policy policy) =>
        policy.Heads.IsEmpty ? policy.Heads.Add(BlendHead, new BlendHead(policy.Blend)) : policy.Heads;

    /// <summary>What each head counts for; a policy without objectives wants its blend.</summary>
    public static ImmutableSortedDictionary<string, double> ObjectivesOf(Policy policy) =>
        policy.Objectives.IsEmpty && policy.Heads.IsEmpty ? policy.Objectives.Add(BlendHead, 1) : policy.Objectives;

    /// <summary>The features that scoring and exploration read: the union over all heads, and what counts the trials of new items, in ordinal order; the columns of a record's matrix.</summary>
    public static ImmutableArray<string> Features(Policy policy)
    {
        IEnumerable<string> read = policy.Heads.IsEmpty ? policy.Blend.Keys : policy.Heads.Values.SelectMany(static head => head.Reads);
        if (policy.Explore.New is { } fresh) read = read.Append(fresh.Trials);
        return [.. read.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Everything that it reads, by whichever door: features, attributes of items and keys of the context, for its candidates, their filters, its heads, exploration and slates.</summary>
    public static IEnumerable<PolicyRead> AllReads(Policy policy) => PolicyDoors.Of(policy);

    /// <summary>The terms from outside that heads read, in ordinal order; none twice.</summary>
    public static ImmutableArray<string> Terms(Policy policy) =>
        [.. policy.Heads.Values.OfType<ExternalHead>().Select(static head => head.Term).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The digests of the models that it needs, the first phase's before those of its heads in their order; none twice.</summary>
    public static ImmutableArray<string> Models(Policy policy) =>
        [.. policy.Heads.Values.Select(static head => head.Model).Prepend(policy.FirstPhase?.Head.Model).OfType<string>().Distinct(StringComparer.Ordinal)];
}
