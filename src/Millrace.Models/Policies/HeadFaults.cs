using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's predictions and their weights.</summary>
internal static class HeadFaults
{
    // What a fault lists of a model's features; the rest is counted.
    private const int MostListed = 10;

    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        if (!policy.Heads.IsEmpty && !policy.Blend.IsEmpty) yield return "blend: expected nothing beside heads, of which one may be a blend";
        foreach (string fault in BlendFaults("blend", policy.Blend, features)) yield return fault;
        foreach (var (name, head) in policy.Heads)
        {
            foreach (string fault in Of(head, features)) yield return $"heads.{name}.{fault}";
        }

        foreach (string fault in Objectives(policy).Concat(Thresholds(policy))) yield return fault;
    }

    private static IEnumerable<string> Of(Head head, FeatureSet features) => head switch
    {
        BlendHead blend => BlendFaults("blend", blend.Weights, features),
        FeatureHead feature => FeatureFaults("feature", feature.Feature, features),
        ForestHead forest => ModelFaults("forest", "splits of", forest.Features, features).Concat(ClassFaults(forest)),
        LinearHead linear => ModelFaults("linear", "weights of", linear.Features, features),
        BetaHead beta => BetaFaults(beta, features),
        _ => [],
    };

    /// <summary>What is wrong with the head of a first phase; of what it reads of the lists, others say.</summary>
    internal static IEnumerable<string> OfFirstPhase(Head head, FeatureSet features) => head switch
    {
        BlendHead blend => BlendFaults("blend", blend.Weights.RemoveRange(blend.Weights.Keys.Where(FirstPhase.IsOfLists)), features)
            .Concat(blend.Weights.Where(static pair => FirstPhase.IsOfLists(pair.Key) && !double.IsFinite(pair.Value)).Select(static pair => $"blend.{pair.Key}: expected a finite weight; got {PolicyValidator.Text(pair.Value)}")),
        ForestHead forest => ModelFaults("forest", "splits of", forest.Features.RemoveAll(FirstPhase.IsOfLists), features).Concat(forest.Class == 0 ? [] : ["class: expected none, since a first phase has one score"]),
        _ => ["head: expected a forest or a blend"],
    };

    private static IEnumerable<string> BlendFaults(string path, ImmutableSortedDictionary<string, double> blend, FeatureSet features)
    {
        foreach (var (name, weight) in blend)
        {
            foreach (string fault in FeatureFaults($"{path}.{name}", name, features)) yield return fault;
            if (!double.IsFinite(weight)) yield return $"{path}.{name}: expected a finite weight; got {PolicyValidator.Text(weight)}";
        }
    }

    private static IEnumerable<string> ModelFaults(string path, string reads, ImmutableArray<string> read, FeatureSet features)
    {
        string[] unknown = [.. read.Where(name => features.IndexOf(name) < 0)];
        if (unknown.Length > 0)
        {
            string more = unknown.Length > MostListed ? $" and {unknown.Length - MostListed} more" : "";
            string near = NearestName.Of(unknown[0], features.Definitions.Select(definition => definition.Name)) is { } name ? $"; nearest is '{name}'" : "";
            yield return $"{path}: expected a model of this node's features; got {reads} '{string.Join("', '", unknown.Take(MostListed))}'{more}{near}";
        }
    }

    private static IEnumerable<string> ClassFaults(ForestHead forest)
    {
        if (forest.Class < 0) yield return $"class: expected 0 or more; got {forest.Class}";
    }

    private static IEnumerable<string> BetaFaults(BetaHead beta, FeatureSet features)
    {
        foreach (string fault in FeatureFaults("beta.successes", beta.Successes, features).Concat(FeatureFaults("beta.trials", beta.Trials, features))) yield return fault;
        if (!(double.IsFinite(beta.PriorTrials) && beta.PriorSuccesses > 0 && beta.PriorSuccesses < beta.PriorTrials))
        {
            yield return $"beta.prior: expected more than 0 successes and more trials than that; got {PolicyValidator.Text(beta.PriorSuccesses)} of {PolicyValidator.Text(beta.PriorTrials)}";
        }
    }

    /// <summary>What is wrong with reading a feature at <paramref name="path"/>.</summary>
    internal static IEnumerable<string> FeatureFaults(string path, string name, FeatureSet features)
    {
        if (features.IndexOf(name) < 0)
        {
            string near = NearestName.Of(name, features.Definitions.Select(definition => definition.Name)) is { } known ? $"; nearest is '{known}'" : "";
            yield return $"{path}: expected the name of a feature; got '{name}'{near}";
        }
    }

    private static IEnumerable<string> Objectives(Policy policy)
    {
        var heads = PolicyReading.HeadsOf(policy);
        foreach (var (head, weight) in policy.Objectives)
        {
            if (!heads.ContainsKey(head)) yield return Unknown("objectives", head, heads.Keys);
            if (!double.IsFinite(weight)) yield return $"objectives.{head}: expected a finite weight; got {PolicyValidator.Text(weight)}";
        }

        if (PolicyReading.ObjectivesOf(policy).Values.All(static weight => weight == 0)) yield return "objectives: expected a head whose weight is not 0; got none";
    }

    private static IEnumerable<string> Thresholds(Policy policy)
    {
        var heads = PolicyReading.HeadsOf(policy);
        foreach (var (head, bound) in policy.Thresholds)
        {
            if (!heads.ContainsKey(head)) yield return Unknown("thresholds", head, heads.Keys);
            if (bound is { AtMost: null, AtLeast: null }) yield return $"thresholds.{head}: expected atMost, atLeast or both; got neither";
            if (bound.AtMost is { } most && !double.IsFinite(most)) yield return $"thresholds.{head}.atMost: expected a finite value; got {PolicyValidator.Text(most)}";
            if (bound.AtLeast is { } least && !double.IsFinite(least)) yield return $"thresholds.{head}.atLeast: expected a finite value; got {PolicyValidator.Text(least)}";
            if (bound.AtLeast > bound.AtMost) yield return $"thresholds.{head}: expected atLeast below atMost; got {PolicyValidator.Text(bound.AtLeast.Value)} and {PolicyValidator.Text(bound.AtMost.Value)}";
        }
    }

    private static string Unknown(string path, string head, IEnumerable<string> known) =>
        $"{path}.{head}: expected the name of a head; got '{head}'{(NearestName.Of(head, known) is { } near ? $"; nearest is '{near}'" : "")}";
}
