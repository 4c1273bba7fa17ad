using System.Collections.Immutable;
using System.Text;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.WorldRuns;

/// <summary>How the models of the bias worlds are trained: all alike, so that only what the examples are differs.</summary>
internal static class BiasTraining
{
    /// <summary>Nothing is held back: the world's truth judges.</summary>
    internal static readonly TimeSlices Slices = new(long.MaxValue);

    internal static TrainingSettings Settings(int trees) => new() { Objective = "binary", Rounds = trees, CheckpointEvery = 0, Other = ImmutableSortedDictionary<string, string>.Empty.Add("num_leaves", "31") };

    internal static async Task<Forest> TrainAsync(IExamples examples, int trees, ImmutableArray<FixedColumn> columns, CancellationToken cancellation)
    {
        var settings = Settings(trees);
        using var data = await BinnedSlices.LoadAsync(columns.IsEmpty ? examples : new ContextExamples(examples, columns), Slices, settings, start: null, progress: null, cancellation);
        var model = new ForestTrainer(data, settings).Train(first: null, state: null, cancellation).Model;
        return ForestFile.Read(Encoding.UTF8.GetBytes(columns.IsEmpty ? model : ForestFold.Fold(model, [.. columns.Select(column => column.Serving)])));
    }

    /// <summary>The order in which a model ranks candidates, the best first; ties by place.</summary>
    internal static int[] Rank(ForestScorer scorer, ReadOnlySpan<float> rows, int count, ForestScratch scratch)
    {
        var (scores, order) = (new double[count], new int[count]);
        scorer.Raw(rows, count, scores, scratch);
        for (var i = 0; i < count; i++)
        {
            (order[i], scores[i]) = (i, -scores[i]);
        }

        Array.Sort(scores, order); // Ties are of no account: leaves of some dozen trees are seldom equal.
        return order;
    }
}
