using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>
/// What each feature added to a raw score: exact Shapley values of the forest by TreeSHAP (Lundberg, Erion, Lee 2018, algorithm 2), where a feature that is unknown
/// splits rows as the training data did. With the base value they add up to the raw score, before XGBoost's rounding of sums to floats. Not for many threads at once.
/// </summary>
public sealed class ForestContributions
{
    private readonly Forest _forest;
    private readonly int[] _columns;
    private readonly int _stride;
    private readonly double[] _base;
    private readonly ShapPath _path;

    /// <param name="forest">What is explained.</param>
    /// <param name="columns">The names of the columns of the rows.</param>
    /// <exception cref="ForestException">A split reads a feature that is no column, or the file did not say how many training rows each node saw.</exception>
    public ForestContributions(Forest forest, IReadOnlyList<string> columns)
    {
        _forest = forest;
        _columns = ForestColumns.Map(forest, columns);
        _stride = columns.Count;
        _base = [.. forest.Start];
        for (int i = 0; i < forest.Trees.Length; i++) _base[forest.ClassOfTree[i]] += Expected(forest.Trees[i], i);
        _path = new ShapPath(forest.Trees.Max(static tree => (int?)tree.Depth) ?? 0);
    }

    /// <summary>Numbers that <see cref="Explain"/> writes: per class, one for each feature of the forest and the base value.</summary>
    public int Length => _forest.Classes * (_forest.Features.Length + 1);

    /// <summary>Explains one row.</summary>
    /// <param name="row">One value per column.</param>
    /// <param name="contributions">Class by class: each feature's, in the order of <see cref="Forest.Features"/>, then the base value. <see cref="Length"/> long.</param>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions)
    {
        if (row.Length != _stride) throw new ArgumentException($"Expected {_stride} values; got {row.Length}.", nameof(row));
        if (contributions.Length != Length) throw new ArgumentException($"Expected room for {Length} numbers; got {contributions.Length}.", nameof(contributions));
        int width = _forest.Features.Length + 1;
        contributions.Clear();
        for (int i = 0; i < _base.Length; i++) contributions[((i + 1) * width) - 1] = _base[i];
        for (int i = 0; i < _forest.Trees.Length; i++)
        {
            if (_forest.Trees[i].Nodes.Length > 0) _path.Add(_forest.Trees[i], row, _columns, contributions.Slice(_forest.ClassOfTree[i] * width, width));
        }
    }

    /// <summary>The tree's mean over its training rows.</summary>
    private static double Expected(Tree tree, int index)
    {
        if (tree.Nodes.Length == 0) return tree.Leaves[0];
        foreach (ref readonly var node in tree.Nodes.AsSpan())
        {
            if (!(node.Cover > 0)) throw new ForestException($"tree {index}: expected the number or weight of training rows at every split, which contributions need; the file says none");
        }

        double sum = 0;
        for (int leaf = 0; leaf < tree.Leaves.Length; leaf++) sum += tree.LeafCover[leaf] / tree.Nodes[0].Cover * tree.Leaves[leaf];
        return sum;
    }
}
