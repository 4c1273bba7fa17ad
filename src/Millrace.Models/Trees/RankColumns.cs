using System.Runtime.InteropServices;

namespace Millrace.Models.Trees;

/// <summary>The columns of bytes that the splits of all trees need, while they are gathered and then looked up.</summary>
internal sealed class RankColumns
{
    // A byte tells 256 ranks apart.
    private const int Stretch = 255;

    private readonly SortedDictionary<int, Input> _inputs = [];

    /// <summary>Columns of bytes, once they are built.</summary>
    internal int Count { get; private set; }

    /// <summary>Notes what a tree's splits compare.</summary>
    internal void Gather(Tree tree, int[] columns)
    {
        foreach (ref readonly var node in tree.Nodes.AsSpan())
        {
            int input = columns[node.Feature];
            if (!_inputs.TryGetValue(input, out var noted)) _inputs.Add(input, noted = new Input());
            if (node.Categories is { } set) noted.Sets.TryAdd((set, node.MissingLeft), -1);
            else noted.Thresholds.Add(Threshold(node));
        }

        // The columns themselves are made in a second pass, when all thresholds of an input are known.
        foreach (ref readonly var node in tree.Nodes.AsSpan())
        {
            if (node.Categories is null) _inputs[columns[node.Feature]].Wanted.Add((Side(node), Threshold(node)));
        }
    }

    /// <summary>Gives every column its place.</summary>
    internal RankColumn[] Build()
    {
        var built = new List<RankColumn>();
        foreach (var (index, input) in _inputs)
        {
            input.Sorted = [.. input.Thresholds];
            var guide = input.Sorted.Length == 0 ? null : new RankGuide(input.Sorted);
            built.Add(new RankColumn(index, guide, [.. Ranked(input, guide)], [.. Categorical(input)]));
        }

        return [.. built];
    }

    /// <summary>Gives every stretch of an input's thresholds its columns, one for each side that missing values are sent to.</summary>
    private List<RankVariant> Ranked(Input input, RankGuide? guide)
    {
        var variants = new List<RankVariant>();
        var wanted = input.Wanted.Select(wanted => (wanted.Side, Stretch: Array.BinarySearch(input.Sorted, wanted.Threshold) / Stretch)).Distinct();
        foreach (var group in wanted.GroupBy(static wanted => (wanted.Stretch, wanted.Side.Missing)))
        {
            int firstRank = group.Key.Stretch * Stretch;
            var sides = new List<(int Column, sbyte Fill)>();
            foreach (var (side, stretch) in group)
            {
                input.Ranked.Add((side, stretch), Count);
                sides.Add((Count++, Fill(side, guide!.Rank(0) - firstRank)));
            }

            variants.Add(new RankVariant(firstRank, group.Key.Missing, [.. sides]));
        }

        return variants;
    }

    /// <summary>Gives every categorical split of an input its column, in groups whose categories fit the codes of a byte.</summary>
    private List<CategoryCodes> Categorical(Input input)
    {
        var groups = new List<CategoryCodes>();
        foreach (var alike in input.Sets.Keys.ToArray().GroupBy(static key => key.Set.Truncates))
        {
            var group = new List<(CategorySet Set, bool MissingLeft, int Column)>();
            var named = new HashSet<int>();
            foreach (var (set, missingLeft) in alike)
            {
                if (named.Union(set.Named()).Count() > CategoryCodes.MostNamed)
                {
                    groups.Add(new CategoryCodes(group));
                    group.Clear();
                    named.Clear();
                }

                named.UnionWith(set.Named());
                group.Add((set, missingLeft, Count));
                input.Sets[(set, missingLeft)] = Count++;
            }

            groups.Add(new CategoryCodes(group));
        }

        return groups;
    }

    /// <summary>The column that a split compares, and with what: ranks above it go right.</summary>
    internal (int Column, sbyte Threshold) Find(in TreeNode node, int column)
    {
        var input = _inputs[column];
        if (node.Categories is { } set) return (input.Sets[(set, node.MissingLeft)], CategoryVariant.Threshold);
        int rank = Array.BinarySearch(input.Sorted, Threshold(node));
        return (input.Ranked[(Side(node), rank / Stretch)], (sbyte)((rank % Stretch) - 128));
    }

    // −0 and 0 compare alike, and only one of them may be a threshold.
    private static float Threshold(in TreeNode node) => node.Threshold + 0f;

    private static (MissingRule Missing, bool Left) Side(in TreeNode node) => (node.Missing, node.MissingLeft && node.Missing != MissingRule.None);

    private static sbyte Fill((MissingRule Missing, bool Left) side, int rankOfZero) =>
        side.Missing == MissingRule.None ? (sbyte)(Math.Clamp(rankOfZero, 0, Stretch) - 128) : side.Left ? sbyte.MinValue : sbyte.MaxValue;

    private sealed class Input
    {
        internal SortedSet<float> Thresholds { get; } = [];

        internal SortedSet<((MissingRule Missing, bool Left) Side, float Threshold)> Wanted { get; } = [];

        internal Dictionary<(CategorySet Set, bool MissingLeft), int> Sets { get; } = [];

        internal Dictionary<((MissingRule Missing, bool Left) Side, int Stretch), int> Ranked { get; } = [];

        internal float[] Sorted { get; set; } = [];
    }
}
