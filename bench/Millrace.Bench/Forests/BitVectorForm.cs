using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Models.Trees;

namespace Millrace.Bench.Forests;

/// <summary>
/// The literature's form, to compare ours with: V-QuickScorer (Lucchese et al. 2016), eight rows at a time, one word of leaves per row and tree. Per feature, splits in
/// ascending order of threshold strike out the leaves on their left, until no row exceeds the threshold; the lowest leaf left is the row's. Numeric splits, up to 32 leaves.
/// </summary>
internal sealed class BitVectorForm
{
    internal const int Lanes = 8;
    private readonly List<Group> _groups = [];
    private readonly double[] _leaves;
    private readonly Vector256<uint>[] _words;
    private readonly int _columns;

    private BitVectorForm(Forest forest)
    {
        _columns = forest.Features.Length;
        _words = new Vector256<uint>[forest.Trees.Length];
        _leaves = new double[32 * forest.Trees.Length];
        var splits = new List<(int Feature, bool MissingLeft, float Threshold, int Tree, uint Mask)>();
        for (int tree = 0; tree < forest.Trees.Length; tree++)
        {
            int leaves = 0;
            Number(forest.Trees[tree], forest.Trees[tree].Nodes.Length == 0 ? ~0 : 0, tree, ref leaves, splits);
        }

        foreach (var group in splits.GroupBy(static split => (split.Feature, split.MissingLeft)))
        {
            var ordered = group.OrderBy(static split => split.Threshold).ToArray();
            _groups.Add(new Group(
                group.Key.Feature, group.Key.MissingLeft, [.. ordered.Select(static split => split.Threshold)], [.. ordered.Select(static split => split.Tree)], [.. ordered.Select(static split => split.Mask)]));
        }
    }

    /// <summary>The compiled forest, or null when it has what this form does not hold.</summary>
    internal static BitVectorForm? Of(Forest forest) =>
        forest.Trees.All(static tree => tree.Leaves.Length <= 32 && tree.Nodes.All(static node => node.Categories is null && node.Missing == MissingRule.NaN)) ? new(forest) : null;

    /// <summary>Raw scores of at least eight rows; the last group overlaps the one before it where they do not divide by eight.</summary>
    internal void Raw(ReadOnlySpan<float> rows, Span<double> scores)
    {
        ref double leaves = ref MemoryMarshal.GetArrayDataReference(_leaves);
        for (int group = 0; group < scores.Length; group += Lanes)
        {
            int first = Math.Min(group, scores.Length - Lanes);
            _words.AsSpan().Fill(Vector256<uint>.AllBitsSet);
            foreach (var splits in _groups) Strike(splits, rows, (first * _columns) + splits.Feature);
            Span<double> sums = scores.Slice(first, Lanes);
            sums.Clear();
            for (int tree = 0; tree < _words.Length; tree++)
            {
                Vector256<uint> word = _words[tree];
                for (int lane = 0; lane < Lanes; lane++) sums[lane] += Unsafe.Add(ref leaves, (32 * tree) + BitOperations.TrailingZeroCount(word[lane]));
            }
        }
    }

    private void Strike(Group group, ReadOnlySpan<float> rows, int at)
    {
        Vector256<float> values = Vector256.Create(
            rows[at], rows[at + _columns], rows[at + (2 * _columns)], rows[at + (3 * _columns)], rows[at + (4 * _columns)], rows[at + (5 * _columns)], rows[at + (6 * _columns)], rows[at + (7 * _columns)]);
        // Missing values that go right exceed even an infinite threshold, which LightGBM writes where only they do.
        Vector256<uint> missing = group.MissingLeft ? Vector256<uint>.Zero : Vector256.IsNaN(values).AsUInt32();
        ref Vector256<uint> words = ref MemoryMarshal.GetArrayDataReference(_words);
        for (int i = 0; i < group.Thresholds.Length; i++)
        {
            Vector256<uint> beyond = Vector256.GreaterThan(values, Vector256.Create(group.Thresholds[i])).AsUInt32() | missing;
            if (beyond == Vector256<uint>.Zero) return;
            ref Vector256<uint> word = ref Unsafe.Add(ref words, group.Trees[i]);
            word = Vector256.AndNot(word, Vector256.AndNot(beyond, Vector256.Create(group.Masks[i])));
        }
    }

    /// <summary>Numbers leaves from left to right and notes each split with the leaves that it leaves when a row goes right.</summary>
    private void Number(Tree of, int node, int tree, ref int leaves, List<(int Feature, bool MissingLeft, float Threshold, int Tree, uint Mask)> splits)
    {
        if (node < 0)
        {
            _leaves[(32 * tree) + leaves++] = of.Leaves[~node];
            return;
        }

        TreeNode split = of.Nodes[node];
        int first = leaves;
        Number(of, split.Left, tree, ref leaves, splits);
        uint left = (uint)(((1UL << leaves) - 1) & ~((1UL << first) - 1));
        splits.Add((split.Feature, split.MissingLeft, split.Threshold, tree, ~left));
        Number(of, split.Right, tree, ref leaves, splits);
    }

    private sealed record Group(int Feature, bool MissingLeft, float[] Thresholds, int[] Trees, uint[] Masks);
}
