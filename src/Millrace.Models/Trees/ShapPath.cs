namespace Millrace.Models.Trees;

/// <summary>
/// TreeSHAP's walk over one tree: on the way down it keeps, for each feature met, the share of training rows that would go this way without knowing it (zero) and
/// whether the row itself goes this way (one), and the weights of all subsets by their size. Buffers are made once, for the deepest tree.
/// </summary>
internal sealed class ShapPath
{
    private readonly Element[] _elements;

    /// <param name="depth">Of the deepest tree.</param>
    internal ShapPath(int depth) => _elements = new Element[(depth + 2) * (depth + 3) / 2];

    /// <summary>Adds the contributions of <paramref name="tree"/>.</summary>
    internal void Add(Tree tree, ReadOnlySpan<float> row, ReadOnlySpan<int> columns, Span<double> contributions) =>
        Walk(new Walked(tree, row, columns, contributions), 0, 0, 0, 1, 1, -1);

    private void Walk(in Walked walked, int node, int start, int depth, double zero, double one, int feature)
    {
        // No training row comes here, nor does this one: every weight below is 0.
        if (zero == 0 && one == 0) return;

        // Each level works on a copy of its parent's path.
        Span<Element> path = _elements.AsSpan(start, depth + 1);
        if (depth > 0) _elements.AsSpan(start - depth, depth).CopyTo(path);
        Extend(path, depth, zero, one, feature);
        if (node < 0)
        {
            double leaf = walked.Tree.Leaves[~node];
            for (int i = 1; i <= depth; i++) walked.Contributions[path[i].Feature] += UnwoundSum(path, depth, i) * (path[i].One - path[i].Zero) * leaf;
            return;
        }

        TreeNode split = walked.Tree.Nodes[node];
        bool left = split.GoesLeft(walked.Row[walked.Columns[split.Feature]]);
        (int hot, int cold) = left ? (split.Left, split.Right) : (split.Right, split.Left);
        (double knownZero, double knownOne) = (1, 1);
        for (int i = 1; i <= depth; i++)
        {
            if (path[i].Feature != split.Feature) continue;

            // Met above: what it did there is taken back, and done together with this split.
            (knownZero, knownOne) = (path[i].Zero, path[i].One);
            Unwind(path, depth, i);
            depth--;
            break;
        }

        int next = start + depth + 1;
        Walk(walked, hot, next, depth + 1, knownZero * Cover(walked.Tree, hot) / split.Cover, knownOne, split.Feature);
        Walk(walked, cold, next, depth + 1, knownZero * Cover(walked.Tree, cold) / split.Cover, 0, split.Feature);
    }

    private static double Cover(Tree tree, int child) => child < 0 ? tree.LeafCover[~child] : tree.Nodes[child].Cover;

    private static void Extend(Span<Element> path, int depth, double zero, double one, int feature)
    {
        path[depth] = new Element(feature, zero, one, depth == 0 ? 1 : 0);
        for (int i = depth - 1; i >= 0; i--)
        {
            path[i + 1].Weight += one * path[i].Weight * (i + 1) / (depth + 1);
            path[i].Weight = zero * path[i].Weight * (depth - i) / (depth + 1);
        }
    }

    private static void Unwind(Span<Element> path, int depth, int index)
    {
        (double zero, double one) = (path[index].Zero, path[index].One);
        int cut = Cut(zero, one, depth);
        double above = path[depth].Weight;
        for (int i = depth - 1; i >= cut; i--)
        {
            double weight = path[i].Weight;
            path[i].Weight = above * (depth + 1) / ((i + 1) * one);
            above = weight - (path[i].Weight * zero * (depth - i) / (depth + 1));
        }

        double below = 0;
        for (int i = 0; i < cut; i++)
        {
            below = ((path[i].Weight * (depth + 1)) - (one * i * below)) / (zero * (depth - i));
            path[i].Weight = below;
        }

        for (int i = index; i < depth; i++) path[i] = path[i + 1] with { Weight = path[i].Weight };
    }

    /// <summary>The sum of the weights that <see cref="Unwind"/> would leave.</summary>
    private static double UnwoundSum(ReadOnlySpan<Element> path, int depth, int index)
    {
        (double zero, double one) = (path[index].Zero, path[index].One);
        int cut = Cut(zero, one, depth);
        double sum = 0;
        double above = path[depth].Weight;
        for (int i = depth - 1; i >= cut; i--)
        {
            double weight = above * (depth + 1) / ((i + 1) * one);
            sum += weight;
            above = path[i].Weight - (weight * zero * (depth - i) / (depth + 1));
        }

        double below = 0;
        for (int i = 0; i < cut; i++)
        {
            below = ((path[i].Weight * (depth + 1)) - (one * i * below)) / (zero * (depth - i));
            sum += below;
        }

        return sum;
    }

    /// <summary>
    /// Weights from here on are taken back from the top, those before it from the bottom. A step from the top multiplies the error of the one before it by
    /// zero·(depth − i) / (one·(i + 1)), a step from the bottom by the inverse: each way is gone only where that is below 1. From the top alone, as the paper
    /// has it, paths of 60 features are off by a hundredth.
    /// </summary>
    private static int Cut(double zero, double one, int depth) => one == 0 ? depth : (int)(zero * depth / (zero + one));

    private record struct Element(int Feature, double Zero, double One, double Weight);

    /// <summary>What stays the same on the whole walk.</summary>
    private readonly ref struct Walked(Tree tree, ReadOnlySpan<float> row, ReadOnlySpan<int> columns, Span<double> contributions)
    {
        internal readonly Tree Tree = tree;
        internal readonly ReadOnlySpan<float> Row = row;
        internal readonly ReadOnlySpan<int> Columns = columns;
        internal readonly Span<double> Contributions = contributions;
    }
}
