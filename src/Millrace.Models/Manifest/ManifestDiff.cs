using System.Globalization;

namespace Millrace.Models.Manifest;

/// <summary>In what two manifests differ.</summary>
public static class ManifestDiff
{
    /// <summary>A line for each fact, feature and figure that is not the same in both.</summary>
    public static IEnumerable<string> Lines(ModelManifest first, ModelManifest second)
    {
        foreach (string line in Changed(ModelCard.Facts(first), ModelCard.Facts(second))) yield return line;
        foreach (string gone in first.Features.Except(second.Features)) yield return $"feature {gone}: gone";
        foreach (string added in second.Features.Except(first.Features)) yield return $"feature {added}: new";
        foreach (string line in Changed(Figures(first), Figures(second))) yield return line;
    }

    private static IEnumerable<string> Changed(IEnumerable<(string Name, string Value)> first, IEnumerable<(string Name, string Value)> second)
    {
        var (before, after) = (first.ToDictionary(static fact => fact.Name, static fact => fact.Value), second.ToDictionary(static fact => fact.Name, static fact => fact.Value));
        return before.Keys.Union(after.Keys).Where(name => before.GetValueOrDefault(name) != after.GetValueOrDefault(name))
            .Select(name => $"{name}: {before.GetValueOrDefault(name, "nothing")} -> {after.GetValueOrDefault(name, "nothing")}");
    }

    private static IEnumerable<(string Name, string Value)> Figures(ModelManifest manifest) =>
        manifest.Metrics.Select(static slice => ("metric", slice)).Concat(manifest.Fairness.Select(static slice => ("fairness", slice)))
            .SelectMany(static one => one.slice.Value.Select(metric => ($"{one.Item1} {one.slice.Key} {metric.Key}", metric.Value.Value.ToString("G6", CultureInfo.InvariantCulture))));
}
