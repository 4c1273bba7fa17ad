namespace Millrace.Models.Trees;

/// <summary>The categories of an XGBoost model's categorical splits, which it sends right; counts what they take over all trees.</summary>
internal sealed class XgboostCategories(ForestLimits limits)
{
    private long _words;

    /// <summary>The set of each categorical split of a tree, by its node.</summary>
    /// <param name="tree">The tree's object.</param>
    /// <param name="most">Nodes that the tree may have.</param>
    internal Dictionary<int, CategorySet> Read(JsonPlace tree, int most)
    {
        int[] nodes = tree["categories_nodes"].Ints(most);
        int[] starts = tree["categories_segments"].Ints(most);
        int[] sizes = tree["categories_sizes"].Ints(most);
        int[] categories = tree["categories"].Ints(int.MaxValue);
        if (starts.Length != nodes.Length || sizes.Length != nodes.Length)
        {
            throw tree["categories_segments"].Fault($"expected {nodes.Length} numbers, as categories_nodes has; got {starts.Length} and {sizes.Length} sizes");
        }

        var sets = new Dictionary<int, CategorySet>();
        long taken = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (starts[i] < 0 || sizes[i] < 0 || (long)starts[i] + sizes[i] > categories.Length)
            {
                throw tree["categories_segments"].Fault($"expected a stretch of {categories.Length} categories at {i}; got {sizes[i]} from {starts[i]}");
            }

            // Each stretch is its node's own; this keeps a short list from being read once per node.
            taken += sizes[i];
            if (taken > categories.Length) throw tree["categories_sizes"].Fault($"expected at most {categories.Length} together, as there are categories; got {taken}");
            sets[nodes[i]] = Set(tree, categories.AsSpan(starts[i], sizes[i]));
        }

        return sets;
    }

    private CategorySet Set(JsonPlace tree, ReadOnlySpan<int> categories)
    {
        int largest = 0;
        foreach (int category in categories)
        {
            if (category < 0 || category > limits.Category) throw tree["categories"].Fault($"expected 0 to {limits.Category}; got {category}");
            largest = Math.Max(largest, category);
        }

        _words += (largest / 32) + 1;
        if (_words > limits.CategoryWords) throw tree["categories"].Fault($"expected sets of at most {limits.CategoryWords} words over all trees; got more");
        var bits = new uint[(largest / 32) + 1];
        foreach (int category in categories) bits[category >> 5] |= 1u << (category & 31);
        return new CategorySet([.. bits], InsideLeft: false, Truncates: false);
    }
}
