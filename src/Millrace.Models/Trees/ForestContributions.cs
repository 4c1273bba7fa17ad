namespace Millrace.Models.Trees;

/// <summary>
/// What each feature added to a raw score: exact Shapley values of the forest by TreeSHAP (Lundberg, Erion, Lee 2018, algorithm 2), where a feature that is unknown
/// splits rows as the training data did. With the base value, which also takes what XGBoost loses in rounding sums to floats, they add up to the raw score. Not for many threads at once.
/// </summary>
public sealed class ForestContributions
{
    private readonly Forest _forest;
    private readonly int[] _columns;
    private readonly int _stride;
    private readonly double[] _base;
    private readonly double[] _sums;
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
        _sums = new double[forest.Classes];
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

        if (_forest.FloatSums) AddRounding(row, contributions, width);
    }

    /// <summary>Adds to base values what the raw score differs from the exact sum.</summary>
    private void AddRounding(ReadOnlySpan<float> row, Span<double> contributions, int width)
    {
        _forest.Start.CopyTo(_sums);
        for (int i = 0; i < _forest.Trees.Length; i++)
        {
            int at = _forest.ClassOfTree[i];
            double exact = _sums[at] + _forest.Trees[i].Leaves[_forest.Trees[i].LeafOf(row, _columns)];
            _sums[at] = (float)exact;
            contributions[((at + 1) * width) - 1] += _sums[at] - exact;
        }
    }

    /// <summary>The tree's mean over its training rows.</summary>
    private static double Expected(Tree tree, int index)
    {
        if (tree.Nodes.Length == 0) return tree.Leaves[0];
        for (int i = 0; i < tree.Nodes.Length; i++)
        {
            double cover = tree.Nodes[i].Cover;
            if (!(cover > 0)) throw new ForestException($"tree {index}: expected the number or weight of training rows at every split, which contributions need; node {i} has {(cover == 0 ? "none" : cover)}");
            Check(tree.Nodes[i].Left, cover, i);
            Check(tree.Nodes[i].Right, cover, i);
        }

        double sum = 0;
        for (int leaf = 0; leaf < tree.Leaves.Length; leaf++) sum += tree.LeafCover[leaf] / tree.Nodes[0].Cover * tree.Leaves[leaf];
        return sum;

        void Check(int child, double parent, int node)
        {
            // Children that are sums of floats may be that much more than their parent.
            const double Rounding = 1e-6;
            double cover = child < 0 ? tree.LeafCover[~child] : tree.Nodes[child].Cover;
            if (!(cover >= 0 && cover <= parent * (1 + Rounding))) throw new ForestException($"tree {index}: expected children of node {node} to weigh 0 to {parent}, as it does; got {cover}");
        }
    }
}
