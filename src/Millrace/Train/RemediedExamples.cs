using System.Collections.Immutable;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.Positions;
using Millrace.Learning.Training.Slices;

namespace Millrace.Train;

/// <summary>Examples as a model is to learn from them, after <see cref="BiasRemedies"/>.</summary>
/// <param name="Examples">Weighed, and with the columns after their features.</param>
/// <param name="Columns">Which the model is served without.</param>
/// <param name="Curve">Examination, where it was needed.</param>
internal sealed record RemediedExamples(IExamples Examples, ImmutableArray<FixedColumn> Columns, ExaminationCurve? Curve)
{
    private const int MostRanks = 100;

    /// <exception cref="TrainingException">The examples do not tell what a remedy needs.</exception>
    internal static async Task<RemediedExamples> PrepareAsync(IExamples examples, TimeSlices slices, TrainingSettings settings, BiasRemedies remedies, CancellationToken cancellation)
    {
        var columns = ImmutableArray<FixedColumn>.Empty;
        if (remedies.FixesDelivery)
        {
            columns = await DeliveryColumns.FindAsync(examples, slices, cancellation);
        }

        if (remedies.Position == PositionRemedy.None)
        {
            return new RemediedExamples(With(examples, columns), columns, null);
        }

        var ranks = await RanksAsync(examples, slices, cancellation);
        switch (remedies.Position)
        {
            case PositionRemedy.Feature:
                columns = [.. columns, FixedColumn.Position];
                return new RemediedExamples(With(examples, columns), columns, null);
            case PositionRemedy.Weights:
                var curve = await PairHarvest.EstimateAsync(examples, slices, ranks, remedies.Draws, (ulong)settings.Seed, cancellation);
                return new RemediedExamples(With(WeighedExamples.ByClick(examples, curve), columns), columns, curve);
            default:
                var em = new RegressionEm(examples, slices, settings, ranks);
                await em.RunAsync(RegressionEm.UsualRounds, cancellation);
                return new RemediedExamples(With(em.Weighed(), columns), columns, em.Curve);
        }
    }

    private static IExamples With(IExamples examples, ImmutableArray<FixedColumn> columns) => columns.IsEmpty ? examples : new ContextExamples(examples, columns);

    private static async Task<int> RanksAsync(IExamples examples, TimeSlices slices, CancellationToken cancellation)
    {
        var most = 0;
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                if (slices.Of(batch.Times.Span[row]) == Slice.Train) most = Math.Max(most, batch.Ranks.Span[row]);
            }
        }

        return most == 0 ? throw new TrainingException("no example that is learnt from tells of a rank: nothing can be done about positions") : Math.Min(most, MostRanks);
    }
}
