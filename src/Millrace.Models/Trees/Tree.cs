using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Millrace.Models.Trees;

/// <summary>One tree, whose shape has been checked: every node and every leaf is reached from node 0 once.</summary>
public sealed class Tree
{
    private readonly TreeNode[] _nodes;

    /// <param name="nodes">The splits; none when the tree is one leaf.</param>
    /// <param name="leaves">What each leaf adds to the score.</param>
    /// <param name="leafCover">Weight of the training rows of each leaf.</param>
    /// <param name="limits">Bounds on its size.</param>
    /// <exception cref="ForestException">It is not a tree, or too large a one.</exception>
    public Tree(ImmutableArray<TreeNode> nodes, ImmutableArray<double> leaves, ImmutableArray<double> leafCover, ForestLimits limits)
    {
        Depth = TreeShape.Check(nodes, leaves.Length, limits);
        if (leafCover.Length != leaves.Length) throw new ForestException($"expected the cover of {leaves.Length} leaves; got {leafCover.Length}");
        _nodes = ImmutableCollectionsMarshal.AsArray(nodes)!;
        Leaves = leaves;
        LeafCover = leafCover;
    }

    /// <summary>The splits; the first is the root.</summary>
    public ImmutableArray<TreeNode> Nodes => ImmutableCollectionsMarshal.AsImmutableArray(_nodes);

    /// <summary>What each leaf adds to the score.</summary>
    public ImmutableArray<double> Leaves { get; }

    /// <summary>Weight of the training rows of each leaf; zeros when the file does not say.</summary>
    public ImmutableArray<double> LeafCover { get; }

    /// <summary>Splits on the longest way to a leaf.</summary>
    public int Depth { get; }

    /// <summary>The index of the leaf that a row falls into.</summary>
    /// <param name="row">One value per input column.</param>
    /// <param name="columns">The input column of each feature.</param>
    public int LeafOf(ReadOnlySpan<float> row, ReadOnlySpan<int> columns)
    {
        if (_nodes.Length == 0) return 0;
        int at = 0;
        do
        {
            ref readonly var node = ref _nodes[at];
            at = node.GoesLeft(row[columns[node.Feature]]) ? node.Left : node.Right;
        }
        while (at >= 0);
        return ~at;
    }
}
