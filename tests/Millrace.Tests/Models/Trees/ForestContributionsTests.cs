using System.Numerics;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

public sealed class ForestContributionsTests
{
    [Fact]
    public void Contributions_are_the_Shapley_values_that_all_subsets_give()
    {
        for (int seed = 0; seed < 25; seed++)
        {
            const int Features = 6;
            Forest forest = RandomForests.Make(seed, Features, 3, 2 + (seed % 14), classes: 1 + (seed % 2), categories: true);
            var contributions = new ForestContributions(forest, forest.Features);
            var own = new double[contributions.Length];
            float[] row = RandomForests.Rows(seed + 100, 1, Features);
            contributions.Explain(row, own);
            for (int at = 0; at < forest.Classes; at++)
            {
                for (int feature = 0; feature < Features; feature++) Assert.Equal(Shapley(forest, row, at, feature, Features), own[(at * (Features + 1)) + feature], 1e-9);
                Assert.Equal(Mean(forest, row, at, 0), own[(at * (Features + 1)) + Features], 1e-9);
            }
        }
    }

    [Fact]
    public void A_model_without_the_weight_of_its_rows_is_refused()
    {
        Tree bare = new([new TreeNode(0, 1, MissingRule.NaN, true, ~0, ~1, 0, null)], [1, 2], [0, 0], ForestLimits.Default);
        var fault = Assert.Throws<ForestException>(() => new ForestContributions(RandomForests.Of([bare], 1), ["f0"]));
        Assert.StartsWith("tree 0: expected the number or weight of training rows", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 10)]
    [InlineData(6, 11)]
    [InlineData(6, double.NaN)]
    public void Leaves_that_weigh_more_than_their_split_or_less_than_nothing_are_refused(double left, double right)
    {
        Tree tree = new([new TreeNode(0, 1, MissingRule.NaN, true, ~0, ~1, 10, null)], [1, 2], [left, right], ForestLimits.Default);
        var fault = Assert.Throws<ForestException>(() => new ForestContributions(RandomForests.Of([tree], 1), ["f0"]));
        Assert.StartsWith("tree 0: expected children of node 0 to weigh 0 to 10", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contributions_add_up_where_no_training_row_came()
    {
        // Node 1 has no row of training on its left, where node 2 splits the same feature again.
        Tree tree = new(
            [new(0, 0, MissingRule.NaN, true, 1, ~0, 10, null), new(1, 0, MissingRule.NaN, true, ~1, 2, 4, null), new(1, 1, MissingRule.NaN, true, ~2, ~3, 4, null)],
            [1, 2, 4, 8], [6, 0, 4, 0], ForestLimits.Default);
        Forest forest = RandomForests.Of([tree], 2);
        var contributions = new ForestContributions(forest, forest.Features);
        foreach (var (first, second, score) in (ReadOnlySpan<(float, float, double)>)[(-1, -1, 2), (-1, 0.5f, 4), (-1, 2, 8), (1, -1, 1), (1, 2, 1)])
        {
            var own = new double[3];
            contributions.Explain([first, second], own);
            Assert.Equal(score, own.Sum(), 1e-12);
        }
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void Contributions_add_up_however_deep_a_path_is(double share)
    {
        foreach (int depth in (int[])[20, 40, 60, 100, 200, 350, 500])
        {
            // Each split sends that share of rows to a leaf, on a feature of its own.
            var covers = Enumerable.Range(0, depth + 1).Select(level => Math.Pow(1 - share, level)).ToArray();
            if (covers[depth] < 1e-300) continue;
            Tree tree = new(
                [.. Enumerable.Range(0, depth).Select(i => new TreeNode(i, 0, MissingRule.NaN, true, ~i, i == depth - 1 ? ~depth : i + 1, covers[i], null))],
                [.. Enumerable.Range(0, depth + 1).Select(static i => Math.Sin(i))],
                [.. Enumerable.Range(0, depth).Select(i => covers[i] * share), covers[depth]],
                ForestLimits.Default);
            Forest forest = RandomForests.Of([tree], depth);
            var contributions = new ForestContributions(forest, forest.Features);
            var random = new Random(depth);
            float[] mixed = [.. Enumerable.Range(0, depth).Select(_ => random.Next(8) == 0 ? -1f : 1f)];
            float[] last = [.. Enumerable.Repeat(1f, depth)];
            float[] first = [.. Enumerable.Repeat(-1f, depth)];
            foreach (float[] row in (float[][])[mixed, last, first])
            {
                var own = new double[depth + 1];
                contributions.Explain(row, own);
                Assert.Equal(tree.Leaves[tree.LeafOf(row, [.. Enumerable.Range(0, depth)])], own.Sum(), 1e-9);
            }
        }
    }

    [Fact]
    public void Contributions_add_up_to_sums_rounded_to_floats()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Forest forest = RandomForests.Make(seed, 6, 60, 12, classes: 1 + (seed % 3)) with { FloatSums = true };
            float[] row = RandomForests.Rows(seed, 1, 6);
            var scores = new double[forest.Classes];
            new ForestScorer([forest], forest.Features).Raw(row, 1, scores, new ForestScratch());
            var contributions = new ForestContributions(forest, forest.Features);
            var own = new double[contributions.Length];
            contributions.Explain(row, own);
            for (int at = 0; at < forest.Classes; at++) Assert.Equal(scores[at], own.AsSpan(at * 7, 7).ToArray().Sum(), 1e-12);
        }
    }

    private static double Shapley(Forest forest, float[] row, int at, int feature, int features)
    {
        double sum = 0;
        for (uint known = 0; known < 1u << features; known++)
        {
            if ((known >> feature & 1) != 0) continue;
            int size = BitOperations.PopCount(known);
            sum += Factorial(size) * Factorial(features - size - 1) / Factorial(features) * (Mean(forest, row, at, known | (1u << feature)) - Mean(forest, row, at, known));
        }

        return sum;
    }

    /// <summary>The class's score where only the features in <paramref name="known"/> are, the others split as the training rows did.</summary>
    private static double Mean(Forest forest, float[] row, int at, uint known)
    {
        double sum = 0;
        for (int i = 0; i < forest.Trees.Length; i++)
        {
            if (forest.ClassOfTree[i] == at) sum += Mean(forest.Trees[i], forest.Trees[i].Nodes.Length == 0 ? ~0 : 0, row, known);
        }

        return sum;
    }

    private static double Mean(Tree tree, int node, float[] row, uint known)
    {
        if (node < 0) return tree.Leaves[~node];
        TreeNode split = tree.Nodes[node];
        if ((known >> split.Feature & 1) != 0) return Mean(tree, split.GoesLeft(row[split.Feature]) ? split.Left : split.Right, row, known);
        return ((Cover(split.Left) * Mean(tree, split.Left, row, known)) + (Cover(split.Right) * Mean(tree, split.Right, row, known))) / split.Cover;

        double Cover(int child) => child < 0 ? tree.LeafCover[~child] : tree.Nodes[child].Cover;
    }

    private static double Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);
}
