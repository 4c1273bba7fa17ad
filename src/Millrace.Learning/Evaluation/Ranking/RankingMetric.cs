using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>Which question a metric asks of a list.</summary>
internal enum RankingMetricKind
{
    Ndcg,
    Recall,
    Precision,
    HitRate,
    ReciprocalRank,
    AveragePrecision,
    Auc,
}

/// <summary>A metric of one ranked list.</summary>
/// <param name="Kind">Which.</param>
/// <param name="K">How many places count; without meaning for AUC.</param>
internal readonly record struct RankingMetric(RankingMetricKind Kind, int K)
{
    /// <summary>All of them at <paramref name="k"/>; AUC by list is grouped AUC.</summary>
    public static ImmutableArray<RankingMetric> All(int k) => [.. Enum.GetValues<RankingMetricKind>().Select(kind => new RankingMetric(kind, k))];

    /// <summary><c>ndcg@10</c>.</summary>
    public string Name => Kind switch
    {
        RankingMetricKind.Ndcg => At("ndcg"),
        RankingMetricKind.Recall => At("recall"),
        RankingMetricKind.Precision => At("precision"),
        RankingMetricKind.HitRate => At("hitRate"),
        RankingMetricKind.ReciprocalRank => At("mrr"),
        RankingMetricKind.AveragePrecision => At("map"),
        RankingMetricKind.Auc => "groupedAuc",
        _ => throw new InvalidOperationException($"There is no metric {Kind}."),
    };

    /// <summary>What it is of a list; NaN when the list says nothing.</summary>
    public double Of(RankedList list) => Kind switch
    {
        RankingMetricKind.Ndcg => list.Ndcg(K),
        RankingMetricKind.Recall => list.Recall(K),
        RankingMetricKind.Precision => list.Precision(K),
        RankingMetricKind.HitRate => list.HitRate(K),
        RankingMetricKind.ReciprocalRank => list.ReciprocalRank(K),
        RankingMetricKind.AveragePrecision => list.AveragePrecision(K),
        RankingMetricKind.Auc => list.Auc(),
        _ => throw new InvalidOperationException($"There is no metric {Kind}."),
    };

    private string At(string name) => string.Create(CultureInfo.InvariantCulture, $"{name}@{K}");
}
