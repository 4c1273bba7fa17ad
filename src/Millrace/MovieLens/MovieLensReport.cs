using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.MovieLens;

/// <summary>What models found of MovieLens 100K; all of it follows from the data and the seed.</summary>
/// <param name="Seed">Of splits, factors and bootstrap.</param>
/// <param name="Protocols">RecBole's first.</param>
internal sealed record MovieLensReport(ulong Seed, ImmutableArray<ProtocolReport> Protocols)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>As JSON, with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>As lines for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var protocol in Protocols)
        {
            text.Append(CultureInfo.InvariantCulture, $"{protocol.Name}: {protocol.Train:N0} to learn from, {protocol.Valid:N0} to choose by, {protocol.Test:N0} to judge on\n");
            text.Append(CultureInfo.InvariantCulture, $"{"",-12}{"NDCG@10",-26}{"HR@10",-8}{"MRR@10",-8}{"recall",-8}{"coverage",-10}{"Gini",-7}{"tail",-7}{"lift",-7}chosen\n");
            foreach (var model in protocol.Models)
            {
                text.Append(CultureInfo.InvariantCulture, $"{model.Name,-12}{model.Quality["ndcg@10"],-26}{model.Quality["hitRate@10"].Value,-8:F4}{model.Quality["mrr@10"].Value,-8:F4}{model.Quality["recall@10"].Value,-8:F4}")
                    .Append(CultureInfo.InvariantCulture, $"{model.Coverage,-10:F3}{model.Gini,-7:F3}{model.TailShare.Value,-7:F3}{model.PopularityLift.Value,-7:F2}{model.Parameters}\n");
            }

            var best = protocol.Models.MaxBy(model => model.Validation)!;
            text.Append(CultureInfo.InvariantCulture, $"{best.Name} by group, NDCG@10:\n");
            foreach (var group in best.Groups)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {group.Attribute,-8}{group.Value,-14}{group.Quality["ndcg@10"]}  {group.Quality["ndcg@10"].Support:N0} users\n");
            }

            foreach (var (attribute, gap) in best.Gaps)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {attribute,-8}{"gap",-14}{gap}\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>One protocol.</summary>
internal sealed record ProtocolReport(string Name, int Train, int Valid, int Test, ImmutableArray<ModelReport> Models);

/// <summary>One model under one protocol.</summary>
internal sealed record ModelReport
{
    public required string Name { get; init; }

    /// <summary>What validation chose.</summary>
    public required string Parameters { get; init; }

    /// <summary>NDCG@10 on the validation part.</summary>
    public required double Validation { get; init; }

    /// <summary>By metric, over users.</summary>
    public required IReadOnlyDictionary<string, Estimate> Quality { get; init; }

    public required double Coverage { get; init; }

    public required double Gini { get; init; }

    public required Estimate Novelty { get; init; }

    public required Estimate Diversity { get; init; }

    public required Estimate TailShare { get; init; }

    public required Estimate PopularityLift { get; init; }

    /// <summary>By gender and age.</summary>
    public required ImmutableArray<GroupReport> Groups { get; init; }

    /// <summary>By attribute, the largest less the smallest NDCG@10 of its groups.</summary>
    public required IReadOnlyDictionary<string, Estimate> Gaps { get; init; }

    public static ModelReport Of(string name, string parameters, double validation, SliceTable quality, ListTally lists)
    {
        SliceRow[] rows = [.. quality.Rows()];
        return new ModelReport
        {
            Name = name,
            Parameters = parameters,
            Validation = validation,
            Quality = rows.Where(row => row.Slice.Attribute.Length == 0).ToDictionary(row => row.Metric, row => row.Estimate),
            Coverage = lists.Coverage,
            Gini = lists.Gini(),
            Novelty = lists.Novelty(),
            Diversity = lists.Diversity(),
            TailShare = lists.TailShare(),
            PopularityLift = lists.PopularityLift(),
            Groups = [.. rows.Where(row => row.Slice.Attribute.Length > 0).GroupBy(row => row.Slice)
                .Select(group => new GroupReport(group.Key.Attribute, group.Key.Value, group.ToDictionary(row => row.Metric, row => row.Estimate)))],
            Gaps = new Dictionary<string, Estimate> { ["gender"] = quality.Gap("gender", "ndcg@10"), ["age"] = quality.Gap("age", "ndcg@10") },
        };
    }
}

/// <summary>How users of one group fare.</summary>
internal sealed record GroupReport(string Attribute, string Value, IReadOnlyDictionary<string, Estimate> Quality);
