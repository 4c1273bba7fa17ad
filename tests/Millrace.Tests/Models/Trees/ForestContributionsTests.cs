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
