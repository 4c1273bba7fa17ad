using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>One tree of an XGBoost JSON model. Nodes that pruning left behind are dropped: only what the root leads to is read.</summary>
internal sealed class XgboostTree
{
    private const int Categorical = 1;
    private readonly JsonPlace _place;
    private readonly ForestLimits _limits;
    private readonly int _features;
    private readonly int[] _left;
    private readonly int[] _right;
    private readonly int[] _feature;
    private readonly int[] _missingLeft;
    private readonly int[] _type;
    private readonly float[] _condition;
    private readonly float[] _cover;
    private readonly Dictionary<int, CategorySet> _sets;

    internal XgboostTree(JsonPlace place, int features, ForestLimits limits)
    {
        (_place, _features, _limits) = (place, features, limits);
        if (place["tree_param"].Maybe("size_leaf_vector") is { } vector) _ = vector.Int(0, 1);

        // Pruned nodes stay in the arrays; there are never more of them than there were leaves.
        int most = 4 * limits.Leaves;
        _left = place["left_children"].Ints(most);
        if (_left.Length == 0) throw place["left_children"].Fault("expected at least one node; got none");
        _right = Same(place["right_children"], place["right_children"].Ints(most));
        _feature = Same(place["split_indices"], place["split_indices"].Ints(most));
        _missingLeft = Same(place["default_left"], place["default_left"].Ints(most));
        _condition = Same(place["split_conditions"], place["split_conditions"].Floats(most, missing: true));
        _cover = Same(place["sum_hessian"], place["sum_hessian"].Floats(most));
        _type = place.Maybe("split_type") is { } type ? Same(type, type.Ints(most)) : new int[_left.Length];
        _sets = _type.Contains(Categorical) ? Sets(most) : [];
    }

    /// <summary>The tree, each leaf times <paramref name="weight"/>.</summary>
    internal Tree Read(float weight)
    {
        var index = new int[_left.Length];
        var order = Order(index);
        var nodes = ImmutableArray.CreateBuilder<TreeNode>();
        var leaves = ImmutableArray.CreateBuilder<double>();
        var covers = ImmutableArray.CreateBuilder<double>();
        foreach (int node in order)
        {
            bool categorical = _left[node] >= 0 && _type[node] == Categorical;
            if (!categorical && float.IsNaN(_condition[node])) throw _place["split_conditions"].Fault($"expected a finite number at {node}, which is no categorical split; got NaN");
            if (_left[node] < 0)
            {
                leaves.Add(weight * _condition[node]);
                covers.Add(_cover[node]);
                continue;
            }

            if ((uint)_feature[node] >= (uint)_features) throw _place["split_indices"].Fault($"expected 0 to {_features - 1} at {node}; got {_feature[node]}");
            CategorySet? set = null;
            if (categorical && !_sets.TryGetValue(node, out set)) throw _place["categories_nodes"].Fault($"expected node {node}, whose split is categorical; got nothing of it");
            nodes.Add(new TreeNode(
                _feature[node], categorical ? 0 : FloatThreshold.Below(_condition[node]), MissingRule.NaN, _missingLeft[node] != 0,
                index[_left[node]], index[_right[node]], _cover[node], set));
        }

        try
        {
            return new Tree(nodes.ToImmutable(), leaves.ToImmutable(), covers.ToImmutable(), _limits);
        }
        catch (ForestException fault)
        {
            throw _place.Fault(fault.Message);
        }
    }

    /// <summary>What the root leads to, parents first; gives each node and leaf its new index.</summary>
    private List<int> Order(int[] index)
    {
        var order = new List<int> { 0 };
        var seen = new bool[_left.Length];
        seen[0] = true;
        int nodes = 0;
        int leaves = 0;
        for (int i = 0; i < order.Count; i++)
        {
            int node = order[i];
            if (_left[node] < 0)
            {
                index[node] = ~leaves++;
                continue;
            }

            index[node] = nodes++;
            Visit(_left[node], "left_children", node);
            Visit(_right[node], "right_children", node);
        }

        return order;

        void Visit(int child, string side, int node)
        {
            if ((uint)child >= (uint)seen.Length || seen[child]) throw _place[side].Fault($"expected a node that nothing else leads to at {node}; got {child}");
            seen[child] = true;
            order.Add(child);
        }
    }

    /// <summary>The categories of each categorical split; XGBoost sends them right.</summary>
    private Dictionary<int, CategorySet> Sets(int most)
    {
        int[] nodes = _place["categories_nodes"].Ints(most);
        int[] starts = _place["categories_segments"].Ints(most);
        int[] sizes = _place["categories_sizes"].Ints(most);
        int[] categories = _place["categories"].Ints(int.MaxValue);
        if (starts.Length != nodes.Length || sizes.Length != nodes.Length)
        {
            throw _place["categories_segments"].Fault($"expected {nodes.Length} numbers, as categories_nodes has; got {starts.Length} and {sizes.Length} sizes");
        }

        var sets = new Dictionary<int, CategorySet>();
        long words = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (starts[i] < 0 || sizes[i] < 0 || (long)starts[i] + sizes[i] > categories.Length)
            {
                throw _place["categories_segments"].Fault($"expected a stretch of {categories.Length} categories at {i}; got {sizes[i]} from {starts[i]}");
            }

            Span<int> own = categories.AsSpan(starts[i], sizes[i]);
            int largest = 0;
            foreach (int category in own)
            {
                if (category < 0 || category > _limits.Category) throw _place["categories"].Fault($"expected 0 to {_limits.Category}; got {category}");
                largest = Math.Max(largest, category);
            }

            var bits = new uint[(largest / 32) + 1];
            words += bits.Length;
            if (words > _limits.AllLeaves) throw _place["categories"].Fault($"expected sets of at most {_limits.AllLeaves} words together; got more");
            foreach (int category in own) bits[category >> 5] |= 1u << (category & 31);
            sets[nodes[i]] = new CategorySet([.. bits], InsideLeft: false, Truncates: false);
        }

        return sets;
    }

    private T[] Same<T>(JsonPlace place, T[] numbers) =>
        numbers.Length == _left.Length ? numbers : throw place.Fault($"expected {_left.Length} items, as left_children has; got {numbers.Length}");
}
