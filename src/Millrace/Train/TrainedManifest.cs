using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Millrace.Features.PointInTime;
using Millrace.Models.Manifest;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Train;

/// <summary>The manifest of what <c>millrace train</c> left in a directory.</summary>
internal static class TrainedManifest
{
    /// <summary>Reads the directory; the version is 0 until a registry gives one.</summary>
    /// <exception cref="InvalidDataException">The report is none, or of another model.</exception>
    /// <exception cref="ForestException">The model is none.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static (ModelManifest Manifest, byte[] Model) Read(string folder, string name, long now)
    {
        var model = ForestFile.ReadBytes(Path.Combine(folder, TrainFolder.Model));
        var forest = ForestFile.Read(model);
        var path = Path.Combine(folder, TrainFolder.Report);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return (Of(json.RootElement, name, now, model, forest), model);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is no report of a training: {fault.Message}", fault);
        }
    }

    private static ModelManifest Of(JsonElement report, string name, long now, byte[] model, Forest forest)
    {
        var digest = ModelDigest.Of(model);
        if (report.GetProperty("digest").GetString() is var reported && reported != digest)
        {
            throw new InvalidDataException($"the report is of a model with the SHA-256 {reported}; the model has {digest}");
        }

        var source = report.GetProperty("source");
        var (definitions, train) = (Text(source, "definitions"), report.GetProperty("slices").GetProperty("Train"));
        var empty = ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ManifestMetric>>.Empty;
        var rows = report.GetProperty("slices").TryGetProperty("Test", out var test) ? test.GetProperty("rows").GetDouble() : (double?)null;
        var metrics = report.GetProperty("heldOut").EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.Number)
            .ToImmutableSortedDictionary(one => one.Name, one => new ManifestMetric(one.Value.GetDouble(), Support: rows), StringComparer.Ordinal);
        return new()
        {
            Format = ModelManifest.CurrentFormat,
            Name = name,
            Version = 0,
            Created = now,
            Kind = forest.Source == "lightgbm" ? ModelKind.LightGbm : ModelKind.Xgboost,
            Digest = digest,
            Bytes = model.Length,
            Objective = report.GetProperty("objective").GetString()!,
            Features = forest.Features,
            FeaturesHash = FeatureHash.Of(forest.Features, definitions),
            Definitions = definitions,
            Label = Text(source, "label") is { } label ? $"{label} {Text(source, "outcomes")}".TrimEnd() : null,
            JournalFrom = definitions is null ? null : train.GetProperty("first").GetInt64(),
            JournalTo = definitions is null ? null : train.GetProperty("last").GetInt64(),
            Trainer = report.GetProperty("trainer").GetString()!,
            Code = typeof(TrainedManifest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            Engine = definitions is null ? null : RowBuilder.Engine,
            Seed = report.GetProperty("seed").GetInt32(),
            Parameters = Text(report, "parameters"),
            Parent = Text(report, "parent"),
            Metrics = metrics.IsEmpty ? empty : empty.Add("all", metrics),
            Fairness = empty,
        };
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
