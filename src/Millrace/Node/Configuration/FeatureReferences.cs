using System.Collections.Immutable;
using Millrace.Features;
using Millrace.Features.Expressions;

namespace Millrace.Node.Configuration;

/// <summary>Checks the names of features: that each is there once, that formulas and policies name what there is and may be used, and that no formula needs itself.</summary>
internal static class FeatureReferences
{
    public static void Check(ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        Unique(features, faults);
        var byName = ByName(features);
        foreach (var feature in features.Where(feature => !feature.IsRemoved))
        {
            foreach (var input in feature.Inputs)
            {
                Refers(input, feature.Written.Object!["expr"], byName, faults);
            }
        }

        foreach (var cycle in DependencyCycles.Find(byName.Values.Select(feature => (feature.Name!, feature.Inputs))))
        {
            var formula = byName[cycle[0]].Written.Object!["expr"];
            faults.Add(new ConfigFault(formula.Mark, formula.Path, "a formula that does not need itself", string.Join(" needs ", cycle.Append(cycle[0]))));
        }
    }

    /// <summary>Checks the features that a policy names.</summary>
    public static void CheckPolicy(BoundObject policy, ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        var byName = ByName(features);
        var allowed = policy["allowProtected"].Items.Select(name => name.Text).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var allows in policy["allowProtected"].Items.Where(allows => allows.Text is not null))
        {
            if (Refers(allows.Text!, allows, byName, faults) is { IsProtected: false })
            {
                faults.Add(new ConfigFault(allows.Mark, allows.Path, "a feature that is protected", $"'{allows.Text}', which is not"));
            }
        }

        foreach (var (name, at) in HeadCheck.FeaturesOf(policy))
        {
            if (Refers(name, at, byName, faults) is null)
            {
                continue;
            }

            foreach (var used in Closure(name, byName).Where(used => used.IsProtected && !allowed.Contains(used.Name!)))
            {
                var by = used.Name == name ? "" : $", by way of '{used.Name}'";
                faults.Add(new ConfigFault(
                    at.Mark, at.Path, $"a feature that is not protected; a policy that must use one says allowProtected: [{used.Name}]", $"'{name}', which is{by}"));
            }
        }
    }

    /// <summary>A feature with all that its formula needs.</summary>
    public static IEnumerable<CheckedFeature> Closure(string name, ImmutableArray<CheckedFeature> features) => Closure(name, ByName(features));

    private static IEnumerable<CheckedFeature> Closure(string name, Dictionary<string, CheckedFeature> byName)
    {
        var (seen, left) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([name]));
        while (left.TryPop(out var next))
        {
            if (seen.Add(next) && byName.TryGetValue(next, out var feature))
            {
                yield return feature;
                foreach (var input in feature.Inputs)
                {
                    left.Push(input);
                }
            }
        }
    }

    private static CheckedFeature? Refers(string name, Bound at, Dictionary<string, CheckedFeature> byName, ConfigFaults faults)
    {
        var known = byName.Where(feature => !feature.Value.IsRemoved).Select(feature => feature.Key).ToArray();
        if (byName.GetValueOrDefault(name) is not { } feature)
        {
            faults.Add(new ConfigFault(at.Mark, at.Path, $"a feature that is defined{(known.Length == 0 ? " (none is)" : "")}", $"'{name}'", NearestName.Of(name, known)));
            return null;
        }

        if (feature.IsRemoved)
        {
            faults.Add(new ConfigFault(at.Mark, at.Path, "a feature that is not removed", $"'{name}', which {feature.NameSetting.Mark} removes"));
            return null;
        }

        return feature;
    }

    private static void Unique(ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        var seen = new Dictionary<string, CheckedFeature>(StringComparer.Ordinal);
        foreach (var feature in features)
        {
            if (feature.Name is not { } name || seen.TryAdd(name, feature))
            {
                continue;
            }

            var first = seen[name];
            var taken = first.IsRemoved || feature.IsRemoved ? ", and the name of a removed one stays taken, so that it never means two things" : "";
            faults.Add(new ConfigFault(feature.NameSetting.Mark, feature.NameSetting.Path, $"each feature name once{taken}", $"'{name}' again (first at {first.NameSetting.Mark})"));
        }
    }

    // Of two with one name the first counts: the second has a fault of its own.
    private static Dictionary<string, CheckedFeature> ByName(ImmutableArray<CheckedFeature> features) =>
        features.Where(feature => feature.Name is not null).DistinctBy(feature => feature.Name).ToDictionary(feature => feature.Name!, StringComparer.Ordinal);
}
