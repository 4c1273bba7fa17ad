using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Ranking;
using Millrace.Learning.Training.Calibration;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;
using Slice = Millrace.Learning.Training.Slices.Slice;

namespace Millrace.Learning.Training;

/// <summary>What a model says of the slices that it has not learnt from, by our own scorer: that which serves.</summary>
internal sealed class HeldOut
{
    private static readonly int[] Cutoffs = [1, 3, 5, 10];

    /// <summary>Of <see cref="Slice.Valid"/>.</summary>
    internal List<Scored> Valid { get; } = [];

    /// <summary>Of <see cref="Slice.Test"/>.</summary>
    internal List<Scored> Test { get; } = [];

    /// <summary>By row of <see cref="Test"/>, its decision.</summary>
    internal List<ulong> Decisions { get; } = [];

    /// <summary>Reads the examples once and scores those of the later slices.</summary>
    internal static async Task<HeldOut> ScoreAsync(IExamples examples, TimeSlices slices, Forest forest, CancellationToken cancellation)
    {
        var (result, scorer, scratch, scores) = (new HeldOut(), new ForestScorer([forest], examples.Features), new ForestScratch(), Array.Empty<double>());
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            if (slices.Of(batch.Times.Span[batch.Count - 1]) is Slice.Train)
            {
                continue;
            }

            scores = scores.Length == batch.Count ? scores : new double[batch.Count];
            scorer.Predict(batch.Matrix.Span, batch.Count, scores, scratch);
            for (var i = 0; i < batch.Count; i++)
            {
                var one = new Scored(scores[i], batch.Labels.Span[i], batch.Weights.Span[i]);
                var slice = slices.Of(batch.Times.Span[i]);
                if (slice is Slice.Valid) result.Valid.Add(one);
                if (slice is not Slice.Test) continue;
                result.Test.Add(one);
                result.Decisions.Add(batch.Decisions.Span[i]);
            }
        }

        return result;
    }

    /// <summary>The calibration: fitted to the slice that stopped, chosen on the first half of the one that judges, told on its second.</summary>
    internal CalibrationChoice? Calibrate() => CalibrationChoice.Of(Valid, Test[..(Test.Count / 2)], Test[(Test.Count / 2)..]);

    /// <summary>Metrics on the slice that judges, by name; empty where there is none.</summary>
    internal ImmutableSortedDictionary<string, double> Metrics(string objective)
    {
        var metrics = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (Test.Count == 0)
        {
            return metrics.ToImmutable();
        }

        var mean = Test.Sum(one => one.Label * one.Weight) / Test.Sum(one => one.Weight);
        if (objective == "binary")
        {
            metrics["log_loss"] = Scored.LogLoss(Test, new NoCalibrator());
            metrics["normalised_entropy"] = metrics["log_loss"] / Scored.LogLoss([.. Test.Select(one => one with { Probability = mean })], new NoCalibrator());
        }
        else if (objective is "lambdarank" or "rank_xendcg")
        {
            foreach (var k in Cutoffs)
            {
                metrics[$"ndcg@{k}"] = Ndcg(k);
            }
        }
        else
        {
            metrics["rmse"] = Math.Sqrt(Test.Sum(one => one.Weight * (one.Probability - one.Label) * (one.Probability - one.Label)) / Test.Sum(one => one.Weight));
        }

        return metrics.ToImmutable();
    }

    // Over decisions that have something to find: LightGBM counts the others as 1 each, which only hides differences.
    private double Ndcg(int k)
    {
        var (list, found) = (new RankedList(), new List<double>());
        for (int from = 0, to; from < Test.Count; from = to)
        {
            for (to = from + 1; to < Test.Count && Decisions[to] == Decisions[from];) to++;
            var rows = Test[from..to];
            list.Set([.. rows.Select(row => row.Probability)], [.. rows.Select(row => Math.Pow(2, row.Label) - 1)]);
            if (list.Relevant > 0) found.Add(list.Ndcg(k));
        }

        return found.Count > 0 ? found.Average() : double.NaN;
    }
}
