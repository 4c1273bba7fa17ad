namespace Millrace.Models.Trees;

/// <summary>Forests compiled to score batches of rows: several heads in one pass over the same columns. Immutable; any number of threads, each with its scratch.</summary>
public sealed class ForestScorer
{
    // With fewer rows than this, walking down each tree is faster than computing it whole (docs/results/trees.md).
    private const int FewRows = 8;

    private readonly (Forest Forest, int[] Columns)[] _heads;
    private readonly ForestProgram _program;
    private readonly bool[] _floatSums;

    /// <param name="heads">The forests; their features are found by name.</param>
    /// <param name="columns">The names of the columns of the rows to score.</param>
    /// <param name="level">Null for the best that this machine has.</param>
    /// <exception cref="ForestException">A forest reads a feature that is no column; the message names both.</exception>
    public ForestScorer(IReadOnlyList<Forest> heads, IReadOnlyList<string> columns, SimdLevel? level = null)
    {
        _heads = [.. heads.Select(head => (head, ForestColumns.Map(head, columns)))];
        Level = level ?? SimdLevels.Best;
        Columns = columns.Count;
        _program = ForestCompiler.Compile(Level == SimdLevel.Scalar ? [] : _heads, Level);
        _floatSums = [.. _heads.SelectMany(head => Enumerable.Repeat(head.Forest.FloatSums, head.Forest.Classes))];
    }

    /// <summary>What it was compiled for.</summary>
    public SimdLevel Level { get; }

    /// <summary>Columns per row.</summary>
    public int Columns { get; }

    /// <summary>Scores per row: the classes of all heads, one after the other.</summary>
    public int Outputs => _floatSums.Length;

    /// <summary>Writes the raw scores, the same bits whatever the level and the size of the batch: LightGBM's own for rows of floats; XGBoost's as its source says (0025).</summary>
    /// <param name="rows">Row-major, <see cref="Columns"/> values per row, NaN where missing.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="scores">Output by output, <paramref name="count"/> scores each.</param>
    /// <param name="scratch">Working memory.</param>
    public void Raw(ReadOnlySpan<float> rows, int count, Span<double> scores, ForestScratch scratch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (rows.Length != (long)count * Columns) throw new ArgumentException($"Expected {count} rows of {Columns} values; got {rows.Length} values.", nameof(rows));
        if (scores.Length != (long)count * Outputs) throw new ArgumentException($"Expected room for {Outputs} times {count} scores; got {scores.Length}.", nameof(scores));
        Begin(scores, count);
        if (Level == SimdLevel.Scalar || count < FewRows)
        {
            Walk(rows, count, scores);
            return;
        }

        Span<byte> bytes = scratch.Bytes(_program.ScratchBytes);
        WriteConstants(bytes);
        for (int first = 0; first < count; first += ForestProgram.BlockRows)
        {
            int block = Math.Min(ForestProgram.BlockRows, count - first);
            ReadOnlySpan<float> blockRows = rows.Slice(first * Columns, block * Columns);
            if (Level == SimdLevel.Vector512) ForestKernel<Lanes512>.Run(_program, blockRows, Columns, block, bytes, scores[first..], count, _floatSums);
            else ForestKernel<Lanes256>.Run(_program, blockRows, Columns, block, bytes, scores[first..], count, _floatSums);
        }
    }

    /// <summary>Writes what each head's objective predicts: the raw scores, transformed.</summary>
    /// <inheritdoc cref="Raw"/>
    public void Predict(ReadOnlySpan<float> rows, int count, Span<double> scores, ForestScratch scratch)
    {
        Raw(rows, count, scores, scratch);
        for (int head = 0; head < _heads.Length; head++)
        {
            Span<double> own = scores[..(_heads[head].Forest.Classes * count)];
            Transform(head, own, count);
            scores = scores[own.Length..];
        }
    }

    /// <summary>Classes of a head.</summary>
    public int ClassesOf(int head) => _heads[head].Forest.Classes;

    /// <summary>Which of the <see cref="Outputs"/> is the head's first.</summary>
    public int PlaceOf(int head)
    {
        int place = 0;
        for (int before = 0; before < head; before++) place += ClassesOf(before);
        return place;
    }

    /// <summary>Turns the raw scores of one head into what its objective predicts, in place.</summary>
    /// <param name="head">Which of the forests.</param>
    /// <param name="scores">Its own scores alone, class by class.</param>
    /// <param name="count">How many rows.</param>
    public void Transform(int head, Span<double> scores, int count)
    {
        Forest forest = _heads[head].Forest;
        if (forest.Divisor > 1)
        {
            foreach (ref double score in scores) score /= forest.Divisor;
        }

        forest.Transform.Apply(scores, count);
    }

    private void Begin(Span<double> scores, int count)
    {
        foreach (var (forest, _) in _heads)
        {
            foreach (double start in forest.Start)
            {
                scores[..count].Fill(start);
                scores = scores[count..];
            }
        }
    }

    private void Walk(ReadOnlySpan<float> rows, int count, Span<double> scores)
    {
        int output = 0;
        foreach (var (forest, columns) in _heads)
        {
            for (int i = 0; i < forest.Trees.Length; i++)
            {
                Tree tree = forest.Trees[i];
                Span<double> sums = scores.Slice((output + forest.ClassOfTree[i]) * count, count);
                for (int row = 0; row < count; row++)
                {
                    double sum = sums[row] + tree.Leaves[tree.LeafOf(rows.Slice(row * Columns, Columns), columns)];
                    sums[row] = forest.FloatSums ? (float)sum : sum;
                }
            }

            output += forest.Classes;
        }
    }

    // The leaf indexes that steps take as constants, a vector of each.
    private void WriteConstants(Span<byte> bytes)
    {
        int vector = _program.VectorBytes;
        for (int leaf = 0; leaf < ForestProgram.MostLeaves; leaf++) bytes.Slice(leaf * vector, vector).Fill((byte)leaf);
    }
}
