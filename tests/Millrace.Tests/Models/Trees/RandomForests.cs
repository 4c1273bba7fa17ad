using System.Collections.Immutable;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

/// <summary>Forests grown by chance, and rows whose values fall on their thresholds, beside them and where values are missing.</summary>
internal static class RandomForests
{
    internal static Forest Make(int seed, int features, int trees, int leaves, int classes = 1, bool categories = false)
    {
        var random = new Random(seed);
        return Of([.. Enumerable.Range(0, trees * classes).Select(_ => Grow(random, features, leaves, categories))], features, classes);
    }

    internal static Forest Of(ImmutableArray<Tree> trees, int features, int classes = 1) => new()
    {
        Source = "made up",
        Objective = "",
        Features = [.. Enumerable.Range(0, features).Select(static index => $"f{index}")],
        Trees = trees,
        Classes = classes,
        ClassOfTree = [.. Enumerable.Range(0, trees.Length).Select(index => index % classes)],
        Start = [.. new double[classes]],
        Transform = new ForestTransform(TransformKind.Identity),
    };

    internal static float[] Rows(int seed, int count, int columns)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * columns).Select(_ => random.Next(12) switch
        {
            0 => float.NaN,
            1 => 0,
            2 => random.NextDouble() < 0.5 ? 1e-36f : -1e-35f,
            3 => random.Next(-2, 40),
            4 => random.NextDouble() < 0.5 ? float.PositiveInfinity : float.NegativeInfinity,
            _ => (float)(random.Next(-40, 40) / 16.0),
        })];
    }

    /// <summary>Splits leaves picked by chance until there are enough; covers are numbers of rows that fit.</summary>
    internal static Tree Grow(Random random, int features, int leaves, bool categories)
    {
        var nodes = new List<TreeNode>();
        var covers = new List<double> { 1 + (leaves * 3) };
        var parents = new List<(int Node, bool Left)> { (-1, false) };
        while (covers.Count < leaves)
        {
            int leaf = random.Next(covers.Count);
            double left = covers[leaf] * (0.2 + (0.6 * random.NextDouble()));
            int node = nodes.Count;
            var (parent, isLeft) = parents[leaf];
            if (parent >= 0) nodes[parent] = isLeft ? nodes[parent] with { Left = node } : nodes[parent] with { Right = node };
            nodes.Add(Split(random, features, categories, covers[leaf]) with { Left = ~leaf, Right = ~covers.Count });
            parents[leaf] = (node, true);
            parents.Add((node, false));
            covers.Add(covers[leaf] - left);
            covers[leaf] = left;
        }

        return new Tree([.. nodes], [.. covers.Select(_ => (double)(float)(random.NextDouble() - 0.5))], [.. covers], ForestLimits.Default);
    }

    private static TreeNode Split(Random random, int features, bool categories, double cover)
    {
        var missing = (MissingRule)random.Next(3);
        bool left = random.Next(2) == 0;
        CategorySet? set = categories && random.Next(3) == 0 ? new([(uint)random.Next(), (uint)random.Next()], random.Next(2) == 0, random.Next(2) == 0) : null;
        return new TreeNode(random.Next(features), (float)(random.Next(-40, 40) / 16.0), missing, left, 0, 0, cover, set);
    }
}
