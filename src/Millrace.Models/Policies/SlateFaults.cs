using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's limits, quotas, diversity and exploration.</summary>
internal static class SlateFaults
{
    internal static IEnumerable<string> Of(Policy policy, FeatureSet features) =>
        Exploring(policy, features).Concat(Limits(policy.AtMost)).Concat(Quotas(policy)).Concat(Diverse(policy.Diversity, features));

    /// <summary>The quotas of <paramref name="policy"/> that a slate of <paramref name="places"/> can never meet.</summary>
    internal static IEnumerable<string> Of(Policy policy, int places)
    {
        for (int i = 0; i < policy.AtLeast.Length; i++)
        {
            Quota quota = policy.AtLeast[i];
            if (quota.Need(places) > places) yield return $"expected a policy whose atLeast[{i}] fits {places} places; got '{policy.Name}', which wants {quota.Need(places)}";
        }
    }

    private static IEnumerable<string> Exploring(Policy policy, FeatureSet features)
    {
        Exploration explore = policy.Explore;
        if (!(explore.Epsilon is >= 0 and <= 1)) yield return $"explore.epsilon: expected 0 to 1; got {PolicyValidator.Text(explore.Epsilon)}";
        if (explore.Top is < 1 or > PolicyValidator.MostCandidates) yield return $"explore.top: expected 1 to {PolicyValidator.MostCandidates}; got {explore.Top}";
        if (!Enum.IsDefined(explore.Method)) yield return $"explore.method: expected {string.Join(" or ", Enum.GetNames<ExplorationMethod>())}; got {(int)explore.Method}";
        if (!(explore.Gamma > 0 && double.IsFinite(explore.Gamma))) yield return $"explore.gamma: expected more than 0; got {PolicyValidator.Text(explore.Gamma)}";
        if (!(explore.Temperature > 0 && double.IsFinite(explore.Temperature))) yield return $"explore.temperature: expected more than 0; got {PolicyValidator.Text(explore.Temperature)}";
        if (explore.Draws is < 1 or > 1000) yield return $"explore.draws: expected 1 to 1000; got {explore.Draws}";
        if (explore.New is not { } fresh) yield break;
        if (explore is { Method: ExplorationMethod.EpsilonGreedy, Epsilon: 0 }) yield return "explore.new: expected epsilon above 0, or a rule that draws; got neither, so that no new item would ever be shown for it";
        foreach (string fault in HeadFaults.FeatureFaults("explore.new.trials", fresh.Trials, features)) yield return fault;
        if (!(fresh.Below > 0)) yield return $"explore.new.below: expected more than 0; got {PolicyValidator.Text(fresh.Below)}";
        if (fresh.Take is < 1 or > 100) yield return $"explore.new.take: expected 1 to 100; got {fresh.Take}";
    }

    private static IEnumerable<string> Limits(ImmutableSortedDictionary<string, int> atMost)
    {
        foreach (var (attribute, most) in atMost)
        {
            if (attribute.Length == 0) yield return "atMost: expected the name of an attribute; got nothing";
            if (most < 1) yield return $"atMost.{attribute}: expected at least 1; got {most}";
        }
    }

    private static IEnumerable<string> Quotas(Policy policy)
    {
        if (policy.AtLeast.Length > Quota.MostOfPolicy) yield return $"atLeast: expected at most {Quota.MostOfPolicy} quotas; got {policy.AtLeast.Length}";
        for (int i = 0; i < policy.AtLeast.Length; i++)
        {
            foreach (string fault in Of(policy.AtLeast[i], policy.AtMost)) yield return $"atLeast[{i}]{fault}";
        }

        // Values of one attribute exclude each other, so that what they want of the same places adds up.
        var sums = policy.AtLeast.Where(quota => quota is { Attribute: not null, Top: not null, Least: > 0 })
            .DistinctBy(quota => (quota.Attribute, quota.Value, quota.Top)).GroupBy(quota => (quota.Attribute, quota.Top));
        foreach (var same in sums.Where(same => same.Count() > 1 && same.All(quota => quota.Least <= quota.Top) && same.Sum(quota => quota.Least) > same.Key.Top))
        {
            yield return $"atLeast: expected at most {same.Key.Top} of {same.Key.Attribute} in the first {same.Key.Top}; got {same.Sum(quota => quota.Least)}";
        }
    }

    /// <summary>What is wrong with one quota beside those limits.</summary>
    internal static IEnumerable<string> Of(Quota quota, ImmutableSortedDictionary<string, int> atMost)
    {
        bool byValue = quota is { Attribute.Length: > 0, Value.Length: > 0, Fresh: null };
        bool byAge = quota is { Attribute: null, Value: null, Fresh.Ticks: > 0 };
        if (!byValue && !byAge) yield return ": expected attribute and value, or fresh";
        if (quota.Least > 0 == (quota.Share > 0)) yield return ": expected least or share, one of them";
        if (quota.Least is < 0 or > PolicyValidator.MostItems) yield return $".least: expected 1 to {PolicyValidator.MostItems}; got {quota.Least}";
        if (!(quota.Share is >= 0 and <= 1)) yield return $".share: expected 0 to 1; got {PolicyValidator.Text(quota.Share)}";
        if (quota.Top is < 1 or > PolicyValidator.MostItems) yield return $".top: expected 1 to {PolicyValidator.MostItems}; got {quota.Top}";
        if (quota.Least > quota.Top) yield return $".least: expected at most top = {quota.Top}; got {quota.Least}";
        if (quota.Attribute is { } attribute && atMost.TryGetValue(attribute, out int most) && quota.Least > most)
        {
            yield return $".least: expected at most atMost.{attribute} = {most}; got {quota.Least}";
        }
    }

    private static IEnumerable<string> Diverse(Diversity? diversity, FeatureSet features)
    {
        if (diversity is null) yield break;
        if (!(diversity.Lambda > 0 && double.IsFinite(diversity.Lambda))) yield return $"diversity.mmr: expected more than 0; got {PolicyValidator.Text(diversity.Lambda)}";
        if (diversity.By.Length == 0) yield return "diversity.by: expected the name of an attribute; got nothing";
        if (diversity.Embedding && EmbeddingState.Of(features, diversity.By) is null)
        {
            yield return $"diversity.embedding: expected a feature of items' vectors; got '{diversity.By}'{Nearest(diversity.By, features)}";
        }
    }

    private static string Nearest(string name, FeatureSet features) =>
        NearestName.Of(name, features.Definitions.Select(definition => definition.Name)) is { } near && near != name ? $"; nearest is '{near}'" : "";
}
