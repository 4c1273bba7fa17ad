using CsCheck;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Tests.Learning.Evaluation.Ranking;

public sealed class RankedListTests
{
    private const double Tolerance = 1e-12;

    /// <summary>Few distinct scores, so that most are tied; NaN among them.</summary>
    private static readonly Gen<(double Score, double Label)[]> Lists =
        Gen.Select(Gen.Int[0, 3].Select(i => i == 0 ? double.NaN : 0.1 * i), Gen.Int[0, 3].Select(i => i < 2 ? 0.0 : (2 * i) - 3)).Array[1, 6];

    [Fact]
    public void Every_metric_is_its_mean_over_all_orders_of_what_is_tied() =>
        Gen.Select(Lists, Gen.Int[1, 7]).Sample((items, k) =>
        {
            var list = ListOf(items);
            foreach (var metric in RankingMetric.All(k))
            {
                Assert.Equal(OverAllOrders(items, order => Plain(metric, order)), metric.Of(list), Tolerance);
            }
        });

    [Fact]
    public void Metrics_depend_on_the_order_of_scores_alone_and_stay_between_0_and_1() =>
        Gen.Select(Lists, Gen.Int[1, 7]).Sample((items, k) =>
        {
            foreach (var metric in RankingMetric.All(k))
            {
                var value = metric.Of(ListOf(items));
                var stretched = metric.Of(ListOf([.. items.Select(item => (Math.Exp(3 * item.Score) - 7, item.Label)).Reverse()]));
                Assert.Equal(value, stretched, Tolerance);
                Assert.True(double.IsNaN(value) || value is >= 0 and <= 1 + Tolerance, $"{metric.Name} is {value}.");
            }
        });

    [Fact]
    public void A_list_worked_by_hand()
    {
        // Ranked: relevant, not, relevant, relevant; at 3 two of the three stand.
        var list = ListOf([(0.9, 1), (0.8, 0), (0.7, 1), (0.6, 1)]);

        // DCG@3 = 1/log₂2 + 1/log₂4 = 1.5; the best is 1 + 1/log₂3 + 1/2.
        Assert.Equal(1.5 / (1.5 + (1 / Math.Log2(3))), list.Ndcg(3), Tolerance);
        Assert.Equal(2 / 3.0, list.Recall(3), Tolerance);
        Assert.Equal(1, list.ReciprocalRank(3), Tolerance);
        Assert.Equal(1, list.HitRate(1), Tolerance);

        // Precision at ranks 1 and 3 is 1 and 2/3; three relevant items could count at 3.
        Assert.Equal((1 + (2 / 3.0)) / 3, list.AveragePrecision(3), Tolerance);

        // Of three pairs of a relevant and another item one is in order.
        Assert.Equal(1 / 3.0, list.Auc(), Tolerance);
    }

    [Fact]
    public void Scores_that_are_all_equal_give_what_a_random_order_would()
    {
        var list = ListOf([.. Enumerable.Range(0, 10).Select(item => (0.5, item == 0 ? 1.0 : 0.0))]);

        Assert.Equal(0.1, list.HitRate(1), Tolerance);
        Assert.Equal(0.5, list.Auc(), Tolerance);
        Assert.Equal((1 + (1 / 2.0) + (1 / 3.0)) / 10, list.ReciprocalRank(3), Tolerance);
    }

    [Fact]
    public void A_list_without_a_relevant_item_says_nothing()
    {
        foreach (var metric in RankingMetric.All(5))
        {
            Assert.True(double.IsNaN(metric.Of(ListOf([(0.1, 0), (0.2, 0)]))), metric.Name);
            Assert.True(double.IsNaN(metric.Of(ListOf([]))), metric.Name);
        }
    }

    [Fact]
    public void A_negative_label_is_refused() => Assert.Throws<ArgumentException>(() => ListOf([(0.1, -1)]));

    private static RankedList ListOf((double Score, double Label)[] items)
    {
        var list = new RankedList();
        list.Set([.. items.Select(item => item.Score)], [.. items.Select(item => item.Label)]);
        return list;
    }

    /// <summary>The mean over all permutations that the scores allow.</summary>
    private static double OverAllOrders((double Score, double Label)[] items, Func<double[], double> metric) =>
        Permutations([.. items]).Where(Sorted).Select(order => metric([.. order.Select(item => item.Label)])).Average();

    private static bool Sorted((double Score, double Label)[] order) => order.Zip(order.Skip(1)).All(pair =>
        double.IsNaN(pair.Second.Score) || pair.First.Score >= pair.Second.Score);

    private static IEnumerable<T[]> Permutations<T>(T[] items) => items.Length == 0
        ? [[]]
        : items.SelectMany((first, i) => Permutations<T>([.. items[..i], .. items[(i + 1)..]]).Select(rest => (T[])[first, .. rest]));

    /// <summary>The textbook's definition, of one order.</summary>
    private static double Plain(RankingMetric metric, double[] labels)
    {
        var relevant = labels.Count(label => label > 0);
        var k = Math.Min(metric.K, labels.Length);
        var top = labels[..k];
        var ranks = Enumerable.Range(1, k).Where(rank => labels[rank - 1] > 0).ToArray();
        double Dcg(IEnumerable<double> gains) => gains.Take(metric.K).Select((gain, rank) => gain / Math.Log2(rank + 2)).Sum();
        return relevant == 0 ? double.NaN : metric.Kind switch
        {
            RankingMetricKind.Ndcg => Dcg(labels) / Dcg(labels.OrderDescending()),
            RankingMetricKind.Recall => ranks.Length / (double)relevant,
            RankingMetricKind.Precision => ranks.Length / (double)metric.K,
            RankingMetricKind.HitRate => ranks.Length > 0 ? 1 : 0,
            RankingMetricKind.ReciprocalRank => ranks.Length > 0 ? 1.0 / ranks[0] : 0,
            RankingMetricKind.AveragePrecision => ranks.Sum(rank => labels[..rank].Count(label => label > 0) / (double)rank) / Math.Min(relevant, metric.K),
            RankingMetricKind.Auc => Pairs(labels),
            _ => throw new InvalidOperationException(),
        };
    }

    private static double Pairs(double[] labels)
    {
        var pairs = labels.SelectMany((one, i) => labels.Select((two, j) => (one, two, i, j))).Where(pair => pair.one > 0 && pair.two == 0).ToArray();
        return pairs.Length == 0 ? double.NaN : pairs.Average(pair => pair.i < pair.j ? 1.0 : 0.0);
    }
}
