using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Learning.Training;

namespace Millrace.Backtest.Learnt;

/// <summary>The candidates of the last clicks, each click's the one that was clicked and a sample of the others.</summary>
/// <param name="columns">How many columns a candidate has.</param>
/// <param name="most">Of how many clicks: memory is bounded by this.</param>
/// <param name="seed">Of the sample.</param>
internal sealed class LearntExamples(int columns, int most, ulong seed)
{
    /// <summary>What the blend puts first is hard to tell from a click, and always kept.</summary>
    private const int Hard = 30;

    /// <summary>Of the rest every so manyth is kept.</summary>
    public const int OthersEvery = 8;

    private readonly Queue<Group> _groups = [];
    private ulong _clicks;

    /// <summary>Clicks that are held.</summary>
    public int Count => _groups.Count;

    /// <summary>Adds a click whose item is among its candidates.</summary>
    /// <param name="matrix">The candidates, row-major.</param>
    /// <param name="clicked">Which of them.</param>
    /// <param name="rank">The column that holds the place by the blend.</param>
    public void Add(ReadOnlySpan<float> matrix, int clicked, int rank)
    {
        var draw = StableHash.Mix(seed ^ StableHash.Mix(++_clicks));
        var rows = new List<float>();
        var weights = new List<float>();
        var label = 0;
        for (var i = 0; i < matrix.Length / columns; i++)
        {
            var row = matrix.Slice(i * columns, columns);
            var sure = i == clicked || row[rank] < Hard;
            if (sure || StableHash.Mix(draw ^ (ulong)i) % OthersEvery == 0)
            {
                label = i == clicked ? weights.Count : label;
                rows.AddRange(row);
                weights.Add(sure ? 1 : OthersEvery);
            }
        }

        if (_groups.Count == most) _groups.Dequeue();
        _groups.Enqueue(new Group([.. rows], [.. weights], label));
    }

    /// <summary>What a training reads: some of the columns, of all clicks held. A sampled candidate counts for those that were left out: else what is far down would look better than it is.</summary>
    /// <param name="names">The names of all columns.</param>
    /// <param name="read">The places of those that are read.</param>
    public ArrayExamples Of(ImmutableArray<string> names, ImmutableArray<int> read)
    {
        var count = _groups.Sum(static group => group.Weights.Length);
        var matrix = new float[count * read.Length];
        var labels = new float[count];
        var (row, at) = (0, 0);
        foreach (var group in _groups)
        {
            labels[row + group.Clicked] = 1;
            row += group.Weights.Length;
            for (var i = 0; i < group.Weights.Length; i++)
            {
                foreach (var column in read) matrix[at++] = group.Rows[(i * columns) + column];
            }
        }

        return ArrayExamples.Of(
            [.. read.Select(column => names[column])], matrix, labels, _groups.Select(static group => group.Weights.Length), [.. _groups.SelectMany(static group => group.Weights)]);
    }

    private sealed record Group(float[] Rows, float[] Weights, int Clicked);
}
