using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Millrace.Models.Manifest;

/// <summary>A manifest for people: a model card (Mitchell et al. 2019) in Markdown.</summary>
public static class ModelCard
{
    private const int MostFeatures = 40;

    public static string Of(ModelManifest manifest)
    {
        var card = new StringBuilder();
        card.Append(CultureInfo.InvariantCulture, $"# {manifest}\n\n{Or(manifest.Purpose, "What it is for was not said.")}\n\n| | |\n|---|---|\n");
        foreach (var (name, value) in Facts(manifest)) card.Append(CultureInfo.InvariantCulture, $"| {name} | {Cell(value)} |\n");
        Table(card, "How well, by slice", manifest.Metrics);
        Table(card, "Fairness, by group", manifest.Fairness);
        card.Append(CultureInfo.InvariantCulture, $"\n## Limits\n\n{Or(manifest.Limits, "None were said.")}\n\n## Features\n\n");
        foreach (string feature in manifest.Features.Take(MostFeatures)) card.Append(CultureInfo.InvariantCulture, $"- `{feature}`\n");
        if (manifest.Features.Length > MostFeatures) card.Append(CultureInfo.InvariantCulture, $"- and {manifest.Features.Length - MostFeatures} more\n");
        return card.ToString();
    }

    /// <summary>What a manifest says in single values, by name; what it does not say is left out.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(ModelManifest manifest)
    {
        (string Name, string? Value)[] all =
        [
            ("made", Time(manifest.Created)), ("kind", manifest.Kind.ToString().ToLowerInvariant()), ("digest", manifest.Digest), ("bytes", Number(manifest.Bytes)), ("objective", manifest.Objective), ("head", manifest.Head),
            ("features", Number(manifest.Features.Length)), ("features hash", manifest.FeaturesHash), ("definitions", manifest.Definitions), ("label", manifest.Label), ("journal from", Time(manifest.JournalFrom)),
            ("journal to", Time(manifest.JournalTo)), ("trainer", manifest.Trainer), ("code", manifest.Code), ("engine", Number(manifest.Engine)), ("seed", Number(manifest.Seed)), ("parameters", manifest.Parameters),
            ("parent", manifest.Parent),
        ];
        return all.Where(static fact => fact.Value is not null).Select(static fact => (fact.Name, fact.Value!));
    }

    private static void Table(StringBuilder card, string title, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ManifestMetric>> figures)
    {
        card.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        if (figures.Count == 0)
        {
            card.Append("Not measured.\n");
            return;
        }

        card.Append("| slice | figure | value | 95 % interval | support |\n|---|---|---|---|---|\n");
        foreach (var (slice, metrics) in figures)
        {
            foreach (var (name, metric) in metrics)
            {
                string interval = metric is { Low: { } low, High: { } high } ? string.Create(CultureInfo.InvariantCulture, $"{low:G6} to {high:G6}") : "";
                card.Append(CultureInfo.InvariantCulture, $"| {Cell(slice)} | {Cell(name)} | {metric.Value:G6} | {interval} | {metric.Support:0} |\n");
            }
        }
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static string Or(string? text, string otherwise) => string.IsNullOrWhiteSpace(text) ? otherwise : text;

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Time(long? micros) => micros is { } time ? DateTimeOffset.UnixEpoch.AddMicroseconds(time).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : null;
}
