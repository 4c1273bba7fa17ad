using System.Collections.Immutable;
using Millrace.Learning.DuckDb;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Training;

/// <summary>
/// Examples as one Parquet file, for trainers that are not ours: <c>slice</c> (train, valid), <c>decision</c>, <c>person</c>, <c>time</c>, <c>rank</c>, <c>propensity</c>, <c>label</c>,
/// <c>weight</c>, then the features, missing where null. What is left out before a cut is not in it, nor is what judges: it is not the trainer's.
/// </summary>
internal static class ExampleParquet
{
    private static readonly string[] Fixed = ["slice", "decision", "person", "time", "rank", "propensity", "label", "weight"];

    /// <returns>By slice, how many there are.</returns>
    /// <exception cref="TrainingException">A feature has the name of another column.</exception>
    internal static async Task<ImmutableSortedDictionary<Slice, SliceCounts>> WriteAsync(IExamples examples, TimeSlices slices, string path, CancellationToken cancellation)
    {
        if (examples.Features.FirstOrDefault(name => Fixed.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } taken)
        {
            throw new TrainingException($"the feature '{taken}' has the name of a column that all examples have");
        }

        var work = Directory.CreateTempSubdirectory("millrace-parquet-");
        try
        {
            using var store = DuckDbSession.In(work.FullName, new DuckDbOptions());
            store.Execute($"""
                create table e (slice varchar, decision ubigint, person ubigint, time bigint, rank integer, propensity double, label float, weight float
                {string.Concat(examples.Features.Select(name => $", {DuckDbSession.Name(name)} float"))})
                """);
            var counts = await FillAsync(store, examples, slices, cancellation);
            store.Execute($"copy e to {DuckDbSession.Text(path)} (format parquet, compression snappy)");
            return counts;
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static async Task<ImmutableSortedDictionary<Slice, SliceCounts>> FillAsync(DuckDbSession store, IExamples examples, TimeSlices slices, CancellationToken cancellation)
    {
        var counts = Enum.GetValues<Slice>().ToImmutableSortedDictionary(slice => slice, _ => new SliceCounts());
        var (decision, columns) = ((ulong?)null, examples.Features.Length);
        using var appender = store.Appender("e");
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var slice = slices.Of(batch.Times.Span[i]);
                counts[slice].Add(batch.Times.Span[i], batch.Decisions.Span[i] != decision, batch.Weights.Span[i], batch.Labels.Span[i]);
                decision = batch.Decisions.Span[i];
                if (slice is Slice.Gap or Slice.Test)
                {
                    continue;
                }

                var propensity = batch.Propensities.Span[i];
                var row = appender.CreateRow()
                    .AppendValue(slice == Slice.Train ? "train" : "valid")
                    .AppendValue(decision).AppendValue(batch.Persons.Span[i]).AppendValue(batch.Times.Span[i]).AppendValue(batch.Ranks.Span[i])
                    .AppendValue(double.IsNaN(propensity) ? null : propensity).AppendValue(batch.Labels.Span[i]).AppendValue(batch.Weights.Span[i]);
                foreach (var value in batch.Matrix.Span.Slice(i * columns, columns))
                {
                    row = row.AppendValue(float.IsNaN(value) ? null : value);
                }

                row.EndRow();
            }
        }

        return counts;
    }
}
