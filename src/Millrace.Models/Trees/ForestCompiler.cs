namespace Millrace.Models.Trees;

/// <summary>Compiles forests into one <see cref="ForestProgram"/>.</summary>
internal sealed class ForestCompiler
{
    private readonly RankColumns _columns = new();
    private readonly List<NodeStep> _steps = [];
    private readonly List<TreeProgram> _trees = [];
    private readonly List<double> _leaves = [];
    private readonly SimdLevel _level;
    private readonly int _vector;
    private int _slots = 1;

    private ForestCompiler(SimdLevel level)
    {
        _level = level;
        _vector = level == SimdLevel.Vector512 ? 64 : 32;
    }

    /// <param name="heads">The forests, and the input column of each of their features.</param>
    /// <param name="level">What it is compiled for.</param>
    internal static ForestProgram Compile(IReadOnlyList<(Forest Forest, int[] Columns)> heads, SimdLevel level)
    {
        var compiler = new ForestCompiler(level);
        foreach (var (forest, columns) in heads)
        {
            foreach (var tree in forest.Trees.Where(static tree => !IsWide(tree))) compiler._columns.Gather(tree, columns);
        }

        RankColumn[] inputs = compiler._columns.Build();
        if (compiler._columns.Count > ForestProgram.MostColumns)
        {
            throw new ForestException($"expected at most {ForestProgram.MostColumns} categorical splits with sets of their own over all heads; got {compiler._columns.Count}");
        }

        int output = 0;
        foreach (var (forest, columns) in heads)
        {
            for (int i = 0; i < forest.Trees.Length; i++) compiler.Add(forest.Trees[i], columns, output + forest.ClassOfTree[i]);
            output += forest.Classes;
        }

        return new ForestProgram
        {
            Level = level,
            Inputs = inputs,
            Columns = compiler._columns.Count,
            Steps = [.. compiler._steps],
            Trees = [.. compiler._trees],
            Leaves = [.. compiler._leaves],
            Slots = compiler._slots,
        };
    }

    /// <summary>Whether leaves, or the categories of a split, do not fit a byte.</summary>
    private static bool IsWide(Tree tree) =>
        tree.Leaves.Length > ForestProgram.MostLeaves || tree.Nodes.Any(static node => node.Categories?.Count > CategoryCodes.MostNamed);

    private void Add(Tree tree, int[] columns, int output)
    {
        int firstStep = _steps.Count;
        bool wide = IsWide(tree);
        if (!wide && tree.Nodes.Length > 0)
        {
            var needs = new int[tree.Nodes.Length];
            Needs(tree, 0, needs);
            Emit(tree, 0, 0, columns, needs);
        }

        _trees.Add(new TreeProgram(firstStep, _steps.Count - firstStep, Slot(0), _leaves.Count, output, wide ? tree : null, columns));
        _leaves.AddRange(tree.Leaves);
    }

    /// <summary>How many slots a subtree takes when the child that takes more goes first (Sethi and Ullman 1970): at most 8 with 256 leaves.</summary>
    private static int Needs(Tree tree, int node, int[] needs)
    {
        if (node < 0) return 0;
        int left = Needs(tree, tree.Nodes[node].Left, needs);
        int right = Needs(tree, tree.Nodes[node].Right, needs);
        return needs[node] = left == right ? left + 1 : Math.Max(left, right);
    }

    /// <summary>The steps of a subtree, whose result stands in <paramref name="slot"/>.</summary>
    private void Emit(Tree tree, int node, int slot, int[] columns, int[] needs)
    {
        _slots = Math.Max(_slots, slot + 1);
        TreeNode split = tree.Nodes[node];
        bool leftFirst = Need(split.Left) >= Need(split.Right);
        int first = leftFirst ? split.Left : split.Right;
        int second = leftFirst ? split.Right : split.Left;
        int secondSlot = first >= 0 ? slot + 1 : slot;
        if (first >= 0) Emit(tree, first, slot, columns, needs);
        if (second >= 0) Emit(tree, second, secondSlot, columns, needs);
        var (firstAt, firstStride) = Operand(first, slot);
        var (secondAt, secondStride) = Operand(second, secondSlot);
        var (column, threshold) = _columns.Find(split, columns[split.Feature]);
        _steps.Add(leftFirst
            ? new(column * ForestProgram.BlockRows, threshold, firstAt, firstStride, secondAt, secondStride, Slot(slot))
            : new(column * ForestProgram.BlockRows, threshold, secondAt, secondStride, firstAt, firstStride, Slot(slot)));

        int Need(int child) => child < 0 ? 0 : needs[child];
    }

    private (ushort At, ushort Stride) Operand(int child, int slot) => child < 0 ? ((ushort)(~child * _vector), (ushort)0) : (Slot(slot), (ushort)_vector);

    private ushort Slot(int slot) => checked((ushort)((ForestProgram.MostLeaves * _vector) + (slot * ForestProgram.BlockRows)));
}
