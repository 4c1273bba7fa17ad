using System.Globalization;

namespace Millrace.Learning.Training.Confounding;

/// <summary>One tree of LightGBM's text, whose splits on columns from <paramref name="kept"/> on are decided.</summary>
/// <param name="lines">Its fields, which are replaced.</param>
/// <param name="kept">How many columns stay.</param>
/// <param name="values">What the others are.</param>
internal readonly ref struct FoldedTree(OrderedDictionary<string, string> lines, int kept, ReadOnlySpan<float> values)
{
    private static readonly string[] OfSplits = ["split_feature", "split_gain", "threshold", "decision_type", "internal_value", "internal_weight", "internal_count"];
    private static readonly string[] OfLeaves = ["leaf_value", "leaf_weight", "leaf_count"];
    private const int DefaultLeft = 2;
    private const int MissingIsZero = 1;
    private const float Zero = 1e-35f; // LightGBM's own.
    private readonly ReadOnlySpan<float> _values = values;
    private readonly int[] _left = Whole(lines["left_child"]);
    private readonly int[] _right = Whole(lines["right_child"]);
    private readonly int[] _feature = Whole(lines["split_feature"]);
    private readonly int[] _decision = Whole(lines["decision_type"]);
    private readonly string[] _threshold = ForestFold.Words(lines["threshold"]);

    internal void Replace()
    {
        var (splits, leaves, left, right) = (new List<int>(), new List<int>(), new List<int>(), new List<int>());
        Walk(Decided(0), splits, leaves, left, right);
        lines["num_leaves"] = ForestFold.Number(leaves.Count);
        Pick(OfSplits, splits);
        Pick(OfLeaves, leaves);
        lines["left_child"] = string.Join(' ', left);
        lines["right_child"] = string.Join(' ', right);
    }

    /// <summary>Numbers what can still be reached, a parent before its children; returns the number of <paramref name="node"/>, as LightGBM writes children: leaves as their complement.</summary>
    private int Walk(int node, List<int> splits, List<int> leaves, List<int> left, List<int> right)
    {
        if (node < 0)
        {
            leaves.Add(~node);
            return ~(leaves.Count - 1);
        }

        var place = splits.Count;
        splits.Add(node);
        left.Add(0);
        right.Add(0);
        left[place] = Walk(Decided(_left[node]), splits, leaves, left, right);
        right[place] = Walk(Decided(_right[node]), splits, leaves, left, right);
        return place;
    }

    private int Decided(int node)
    {
        while (node >= 0 && _feature[node] >= kept)
        {
            var value = _values[_feature[node] - kept];
            var isMissing = ((_decision[node] >> 2) & 3) == MissingIsZero && Math.Abs(value) <= Zero;
            var goesLeft = isMissing ? (_decision[node] & DefaultLeft) != 0 : value <= Threshold(_threshold[node]);
            node = goesLeft ? _left[node] : _right[node];
        }

        return node;
    }

    private void Pick(string[] names, List<int> places)
    {
        foreach (var name in names)
        {
            var words = lines.TryGetValue(name, out var text) ? ForestFold.Words(text) : [];
            if (words.Length > 0) lines[name] = string.Join(' ', places.Select(place => words[place]));
        }
    }

    private static double Threshold(string text) => text switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static int[] Whole(string text) => [.. ForestFold.Words(text).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
}
