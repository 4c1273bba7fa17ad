using System.Collections.Immutable;

namespace Millrace.Models.Trees;

/// <summary>One tree of a LightGBM text model.</summary>
internal static class LightGbmTree
{
    // Bits of decision_type.
    private const int Categorical = 1;
    private const int DefaultLeft = 2;

    internal static Tree Read(LightGbmSection section, int features, ForestLimits limits)
    {
        if (section.Has("is_linear") && section.Int("is_linear", 0, 1) == 1)
        {
            throw section.Fault("is_linear", "expected 0, since linear leaves are not supported (train with linear_tree=false); got 1");
        }

        int leaves = section.Int("num_leaves", 1, limits.Leaves);
        double[] values = section.Doubles("leaf_value", leaves);
        if (leaves == 1) return new Tree([], [.. values], [0], limits);

        double[] covers = section.Has("leaf_count") ? section.Doubles("leaf_count", leaves) : new double[leaves];
        var nodes = Nodes(section, leaves - 1, features, limits);
        try
        {
            return new Tree(nodes, [.. values], [.. covers], limits);
        }
        catch (ForestException fault)
        {
            throw LightGbmSection.Fault(section.Line, $"left_child and right_child: {fault.Message}");
        }
    }

    private static ImmutableArray<TreeNode> Nodes(LightGbmSection section, int count, int features, ForestLimits limits)
    {
        int[] feature = section.Ints("split_feature", count);
        double[] threshold = section.Doubles("threshold", count, infinite: true);
        int[] decision = section.Ints("decision_type", count);
        int[] left = section.Ints("left_child", count);
        int[] right = section.Ints("right_child", count);
        double[] cover = section.Has("internal_count") ? section.Doubles("internal_count", count) : new double[count];
        CategorySet[] sets = Sets(section, limits);
        var nodes = ImmutableArray.CreateBuilder<TreeNode>(count);
        for (int i = 0; i < count; i++)
        {
            if ((uint)feature[i] >= (uint)features) throw section.Fault("split_feature", $"expected 0 to {features - 1} at {i}; got {feature[i]}");
            if (decision[i] is < 0 or > 11) throw section.Fault("decision_type", $"expected 0 to 11 at {i}; got {decision[i]}");
            bool categorical = (decision[i] & Categorical) != 0;
            if (categorical && !(threshold[i] >= 0 && threshold[i] < sets.Length))
            {
                throw section.Fault("threshold", $"expected the index of one of {sets.Length} sets of categories at {i}; got {threshold[i]}");
            }

            nodes.Add(categorical
                ? new(feature[i], 0, MissingRule.NaN, false, left[i], right[i], cover[i], sets[(int)threshold[i]])
                : new(feature[i], FloatThreshold.OfLightGbm(threshold[i]), (MissingRule)(decision[i] >> 2), (decision[i] & DefaultLeft) != 0, left[i], right[i], cover[i], null));
        }

        return nodes.MoveToImmutable();
    }

    private static CategorySet[] Sets(LightGbmSection section, ForestLimits limits)
    {
        int count = section.Has("num_cat") ? section.Int("num_cat", 0, limits.Leaves) : 0;
        if (count == 0) return [];
        int[] bounds = section.Ints("cat_boundaries", count + 1);
        int most = (limits.Category / 32) + 1;
        for (int i = 0; i <= count; i++)
        {
            int before = i == 0 ? 0 : bounds[i - 1];
            bool fits = i == 0 ? bounds[i] == 0 : bounds[i] >= before && bounds[i] - before <= most;
            if (!fits) throw section.Fault("cat_boundaries", $"expected numbers that begin with 0 and rise by at most {most} each; got {bounds[i]} at {i}");
        }

        uint[] words = section.Words("cat_threshold", bounds[count]);
        var sets = new CategorySet[count];
        for (int i = 0; i < count; i++) sets[i] = new CategorySet([.. words.AsSpan(bounds[i], bounds[i + 1] - bounds[i])], InsideLeft: true, Truncates: true);
        return sets;
    }
}
