using System.Collections.Immutable;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

public sealed class ForestScorerTests
{
    [Fact]
    public void Several_heads_over_one_set_of_columns_score_as_each_alone()
    {
        Forest[] heads = [RandomForests.Make(1, 8, 20, 12), RandomForests.Make(2, 5, 10, 31) with { Features = ["f4", "f2", "f0", "f7", "f1"] }, RandomForests.Make(3, 8, 9, 7, classes: 3)];
        string[] columns = ["f0", "f1", "other", "f2", "f3", "f4", "f5", "f6", "f7"];
        float[] rows = RandomForests.Rows(4, 100, columns.Length);
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scratch = new ForestScratch();
            var together = new ForestScorer(heads, columns, level);
            var scores = new double[100 * together.Outputs];
            together.Raw(rows, 100, scores, scratch);
            Assert.Equal(5, together.Outputs);
            double[] alone = [.. heads.SelectMany(head => Alone(head, columns, rows))];
            Assert.Equal(alone, scores);
        }
    }

    [Fact]
    public void A_batch_is_scored_without_allocating()
    {
        Forest forest = RandomForests.Make(5, 8, 30, 31);
        float[] rows = RandomForests.Rows(6, 300, 8);
        var scorer = new ForestScorer([forest, forest], forest.Features);
        var scores = new double[600];
        var scratch = new ForestScratch();
        scorer.Predict(rows, 300, scores, scratch);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) scorer.Predict(rows, 300, scores, scratch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_feature_that_is_no_column_is_named_with_the_one_that_was_meant()
    {
        Forest forest = RandomForests.Make(7, 3, 5, 12) with { Features = ["clicks_1h", "age", "price"] };
        var fault = Assert.Throws<ForestException>(() => new ForestScorer([forest], ["clicks_1hh", "age", "price"]));
        Assert.Equal("the model reads the feature 'clicks_1h': expected a column of that name; is 'clicks_1hh' meant?", fault.Message);
    }

    [Fact]
    public void A_feature_that_no_split_reads_needs_no_column()
    {
        Forest forest = RandomForests.Make(8, 3, 5, 12);
        var wider = forest with { Features = [.. forest.Features, "unused"] };
        Assert.Equal(3, new ForestScorer([wider], forest.Features).Columns);
    }

    [Fact]
    public void A_chain_as_deep_as_its_leaves_allow_is_computed()
    {
        const int Leaves = 256;
        var nodes = Enumerable.Range(0, Leaves - 1).Select(static i => new TreeNode(0, i, MissingRule.NaN, false, ~i, i == Leaves - 2 ? ~(Leaves - 1) : i + 1, 1, null)).ToImmutableArray();
        var tree = new Tree(nodes, [.. Enumerable.Range(0, Leaves).Select(static i => (double)i)], [.. new double[Leaves]], ForestLimits.Default);
        Forest forest = RandomForests.Of([tree], 1);
        float[] rows = [.. Enumerable.Range(-3, 300).Select(static i => i + 0.5f), float.NaN];
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scores = new double[rows.Length];
            new ForestScorer([forest], forest.Features, level).Raw(rows, rows.Length, scores, new ForestScratch());
            Assert.Equal(rows.Select(static value => float.IsNaN(value) ? 255 : Math.Clamp(Math.Floor(value) + 1, 0, 255)), scores);
        }
    }

    [Fact]
    public void Categories_of_any_number_and_size_are_told_apart()
    {
        var random = new Random(9);
        for (int largest = 1; largest < 400_000; largest *= 7)
        {
            // Sets of a few, of most that a byte holds, and of more; together far more than a byte holds.
            var trees = Enumerable.Range(0, 40).Select(index =>
            {
                var bits = new uint[(largest / 32) + 1];
                int named = index == 0 ? 300 : index < 4 ? CategoryCodes.MostNamed : random.Next(1, 40);
                for (int i = 0; i < named; i++)
                {
                    int category = random.Next(largest + 1);
                    bits[category >> 5] |= 1u << (category & 31);
                }

                var set = new CategorySet([.. bits], random.Next(2) == 0, random.Next(2) == 0);
                return new Tree([new TreeNode(index % 2, 0, MissingRule.NaN, random.Next(2) == 0, ~0, ~1, 2, set)], [1 << (index % 20), 0], [1, 1], ForestLimits.Default);
            });
            Forest forest = RandomForests.Of([.. trees], 2);
            float[] rows = [.. Enumerable.Range(0, 600).Select(_ => (float)random.Next(-2, largest + 40)), float.NaN, -0.5f, -1, -0.99f, 0.5f, 255, 256, 1e9f, 3e9f, float.PositiveInfinity, float.NegativeInfinity, 253.9f];
            double[] expected = Alone(forest, forest.Features, rows);
            foreach (var level in Enum.GetValues<SimdLevel>())
            {
                var scores = new double[rows.Length / 2];
                new ForestScorer([forest], forest.Features, level).Raw(rows, scores.Length, scores, new ForestScratch());
                Assert.Equal(expected, scores);
            }
        }
    }

    [Fact]
    public void Generated_forests_score_alike_on_every_level()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Forest forest = RandomForests.Make(seed, 1 + (seed % 9), 1 + (seed * 7 % 40), 1 + (seed * 11 % 300), classes: 1 + (seed % 3), categories: seed % 2 == 0) with { FloatSums = seed % 5 == 0 };
            float[] rows = RandomForests.Rows(seed, 70, forest.Features.Length);
            double[] expected = Alone(forest, forest.Features, rows);
            foreach (var level in Enum.GetValues<SimdLevel>())
            {
                var scores = new double[70 * forest.Classes];
                new ForestScorer([forest], forest.Features, level).Raw(rows, 70, scores, new ForestScratch());
                Assert.Equal(expected, scores);
            }
        }
    }

    /// <summary>Down each tree, in the plainest words.</summary>
    private static double[] Alone(Forest forest, IReadOnlyList<string> columns, float[] rows)
    {
        int count = rows.Length / columns.Count;
        var scores = new double[count * forest.Classes];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < forest.Trees.Length; i++)
            {
                Tree tree = forest.Trees[i];
                int at = tree.Nodes.Length == 0 ? ~0 : 0;
                while (at >= 0)
                {
                    TreeNode node = tree.Nodes[at];
                    int column = columns.ToList().IndexOf(forest.Features[node.Feature]);
                    at = node.GoesLeft(rows[(row * columns.Count) + column]) ? node.Left : node.Right;
                }

                ref double score = ref scores[(forest.ClassOfTree[i] * count) + row];
                score = forest.FloatSums ? (float)score + (float)tree.Leaves[~at] : score + tree.Leaves[~at];
            }
        }

        return scores;
    }
}
