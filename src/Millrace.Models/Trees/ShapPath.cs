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
        double next = path[depth].Weight;
        for (int i = depth - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                double weight = path[i].Weight;
                path[i].Weight = next * (depth + 1) / ((i + 1) * one);
                next = weight - (path[i].Weight * zero * (depth - i) / (depth + 1));
            }
            else
            {
                path[i].Weight = path[i].Weight * (depth + 1) / (zero * (depth - i));
            }
        }

        for (int i = index; i < depth; i++) path[i] = path[i + 1] with { Weight = path[i].Weight };
    }

    /// <summary>The sum of the weights that <see cref="Unwind"/> would leave.</summary>
    private static double UnwoundSum(ReadOnlySpan<Element> path, int depth, int index)
    {
        (double zero, double one) = (path[index].Zero, path[index].One);
        double next = path[depth].Weight;
        double sum = 0;
        for (int i = depth - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                double weight = next * (depth + 1) / ((i + 1) * one);
                sum += weight;
                next = path[i].Weight - (weight * zero * (depth - i) / (depth + 1));
            }
            else if (zero != 0)
            {
                sum += path[i].Weight * (depth + 1) / (zero * (depth - i));
            }
        }

        return sum;
    }

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
