using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.Learning.Training.Positions;

/// <summary>
/// Examination and relevance together, by regression-EM (Wang et al. 2018): forests say how relevant an example is, had it been looked at; the curve is then that of greatest likelihood. An
/// example without a click counts the probability that it was looked at all the same, which makes what was looked at the population. It needs no exploration, but ranks that differ for alike
/// items.
/// </summary>
internal sealed class RegressionEm(IExamples examples, TimeSlices slices, TrainingSettings settings, int ranks)
{
    // Relevance as it is, whatever the model's own objective; a round needs only be better than the last.
    private readonly TrainingSettings _settings = new()
    {
        Objective = "binary", Rounds = Math.Min(settings.Rounds, MostTrees), CheckpointEvery = 0, Seed = settings.Seed, Threads = settings.Threads, Categorical = settings.Categorical, Monotone = settings.Monotone,
    };

    /// <summary>After it, curves move by less than what their clicks are uncertain by (docs/results/bias.md).</summary>
    internal const int UsualRounds = 15;

    private const int MostTrees = 40;

    private const int Grid = 256;
    private Forest? _forest;

    internal ExaminationCurve Curve { get; private set; } = new("em", ExaminationCurve.OfDiscount(ranks).Ranks);

    /// <summary>The examples, weighed by what is known now.</summary>
    internal WeighedExamples Weighed()
    {
        var (curve, relevance) = (Curve, new Relevance(_forest, examples));
        return new WeighedExamples(examples, (batch, result) =>
        {
            relevance.Of(batch, result);
            for (var row = 0; row < result.Length; row++)
            {
                var examined = curve.At(batch.Ranks.Span[row]);
                result[row] = batch.Labels.Span[row] > 0 ? 1 : examined * (1 - result[row]) / (1 - (examined * result[row]));
            }
        });
    }

    /// <summary>Alternates so many times.</summary>
    internal async Task RunAsync(int rounds, CancellationToken cancellation)
    {
        for (var round = 0; round < rounds; round++)
        {
            using (var data = await BinnedSlices.LoadAsync(Weighed(), slices, _settings, start: null, progress: null, cancellation))
            {
                var trained = new ForestTrainer(data, _settings).Train(first: null, state: null, cancellation);
                _forest = ForestFile.Read(System.Text.Encoding.UTF8.GetBytes(trained.Model));
            }

            await MaximiseAsync(cancellation);
        }
    }

    // What clicked and what did not, by rank and by relevance to a 256th: the likelihood of a rank's examination needs no more, so that one reading suffices.
    private async Task MaximiseAsync(CancellationToken cancellation)
    {
        var (relevance, scores) = (new Relevance(_forest, examples), Array.Empty<double>());
        var (clicks, others) = (new double[ranks, Grid], new double[ranks, Grid]);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            scores = scores.Length < batch.Count ? new double[batch.Count] : scores;
            relevance.Of(batch, scores.AsSpan(0, batch.Count));
            for (var row = 0; row < batch.Count; row++)
            {
                var rank = batch.Ranks.Span[row];
                if (rank < 1 || rank > ranks || slices.Of(batch.Times.Span[row]) != Slice.Train) continue;
                var cells = batch.Labels.Span[row] > 0 ? clicks : others;
                cells[rank - 1, Math.Clamp((int)(scores[row] * Grid), 0, Grid - 1)] += batch.Weights.Span[row];
            }
        }

        double[] found = [.. Enumerable.Range(0, ranks).Select(rank => Likeliest(rank, clicks, others))];
        Curve = new("em", [.. found.Select((one, rank) => double.IsNaN(one) || double.IsNaN(found[0])
            ? new ExaminedRank(ExaminationCurve.Discount(rank + 1), double.NaN, double.NaN, 0)
            : new ExaminedRank(rank == 0 ? 1 : Math.Min(1, one / found[0]), double.NaN, double.NaN, Sum(clicks, rank)))]);
    }

    /// <summary>The examination of greatest likelihood, by EM's own steps; NaN without a click.</summary>
    private static double Likeliest(int rank, double[,] clicks, double[,] others)
    {
        const int Steps = 200;
        var clicked = Sum(clicks, rank);
        var all = clicked + Sum(others, rank);
        if (clicked == 0) return double.NaN;

        var examined = ExaminationCurve.Discount(rank + 1);
        for (var step = 0; step < Steps; step++)
        {
            var expected = clicked;
            for (var cell = 0; cell < Grid; cell++)
            {
                var relevant = (cell + 0.5) / Grid;
                expected += others[rank, cell] * examined * (1 - relevant) / (1 - (examined * relevant));
            }

            examined = expected / all;
        }

        return examined;
    }

    private static double Sum(double[,] cells, int rank) => Enumerable.Range(0, Grid).Sum(cell => cells[rank, cell]);

    /// <summary>How relevant examples are by a forest; the share of a coin's before there is one.</summary>
    private sealed class Relevance(Forest? forest, IExamples examples)
    {
        private readonly ForestScorer? _scorer = forest is null ? null : new ForestScorer([forest], examples.Features);
        private readonly ForestScratch _scratch = new();

        internal void Of(ExampleBatch batch, Span<double> result)
        {
            if (_scorer is null)
            {
                result.Fill(0.1);
                return;
            }

            _scorer.Predict(batch.Matrix.Span, batch.Count, result, _scratch);
        }
    }
}
