using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>Whether nodes form one tree.</summary>
internal static class TreeShape
{
    /// <summary>The tree's depth.</summary>
    /// <exception cref="ForestException">A child is out of range or reached twice, something is never reached, or a bound is exceeded.</exception>
    internal static int Check(ImmutableArray<TreeNode> nodes, int leaves, ForestLimits limits)
    {
        if (leaves < 1 || leaves > limits.Leaves) throw new ForestException($"expected 1 to {limits.Leaves} leaves; got {leaves}");
        if (nodes.Length != leaves - 1) throw new ForestException($"expected {leaves - 1} splits of {leaves} leaves; got {nodes.Length}");
        if (nodes.Length == 0) return 0;
        var seen = new bool[nodes.Length + leaves];
        var open = new Stack<(int Node, int Depth)>([(0, 1)]);
        seen[0] = true;
        int depth = 0;
        int reached = 1;
        while (open.TryPop(out var at))
        {
            depth = Math.Max(depth, at.Depth);
            if (depth > limits.Depth) throw new ForestException($"expected at most {limits.Depth} splits from the root to a leaf; got more");
            Visit(nodes[at.Node].Left, "left");
            Visit(nodes[at.Node].Right, "right");

            void Visit(int child, string side)
            {
                int index = child >= 0 ? child : nodes.Length + ~child;
                if (child >= nodes.Length || ~child >= leaves)
                {
                    throw new ForestException($"{side} child of node {at.Node}: expected one of {nodes.Length} nodes or {leaves} leaves; got {child}");
                }

                if (seen[index]) throw new ForestException($"{side} child of node {at.Node}: expected a node or leaf that nothing else leads to; got {child}");
                seen[index] = true;
                reached++;
                if (child >= 0) open.Push((child, at.Depth + 1));
            }
        }

        if (reached != seen.Length) throw new ForestException($"expected every node and leaf to be reached from the root; got {reached} of {seen.Length}");
        return depth;
    }
}
