using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Millrace.Learning.Training;

/// <summary>Examples that are in memory: of small files, and of tests.</summary>
/// <param name="features">The feature columns.</param>
/// <param name="whole">All of them.</param>
/// <param name="batch">How many are read at a time.</param>
internal sealed class ArrayExamples(ImmutableArray<string> features, ExampleBatch whole, int batch = 65_536) : IExamples
{
    public ImmutableArray<string> Features => features;

    public long Count => whole.Count;

#pragma warning disable CS1998 // What is in memory needs no waiting.
    public async IAsyncEnumerable<ExampleBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
#pragma warning restore CS1998
    {
        for (var start = 0; start < whole.Count; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batch, whole.Count - start);
            yield return whole with
            {
                Count = count,
                Matrix = whole.Matrix.Slice(start * features.Length, count * features.Length),
                Labels = whole.Labels.Slice(start, count),
                Weights = whole.Weights.Slice(start, count),
                Decisions = whole.Decisions.Slice(start, count),
                Persons = whole.Persons.Slice(start, count),
                Times = whole.Times.Slice(start, count),
                Ranks = whole.Ranks.Slice(start, count),
                Propensities = whole.Propensities.Slice(start, count),
                Hits = whole.Hits.IsEmpty ? default : whole.Hits.Slice(start, count),
                FirstByteMillis = whole.FirstByteMillis.IsEmpty ? default : whole.FirstByteMillis.Slice(start, count),
            };
        }
    }

    /// <summary>The same with other columns.</summary>
    internal ArrayExamples With(Func<ExampleBatch, ExampleBatch> change) => new(features, change(whole), batch);

    /// <summary>Examples of nobody, without ranks or propensities, each decision at the time of its place.</summary>
    /// <param name="features">The feature columns.</param>
    /// <param name="matrix">Row-major.</param>
    /// <param name="labels">One per row.</param>
    /// <param name="groups">Rows per decision, in order.</param>
    /// <param name="weights">One per row; null where all count alike.</param>
    internal static ArrayExamples Of(ImmutableArray<string> features, float[] matrix, float[] labels, IEnumerable<int> groups, float[]? weights = null)
    {
        var decisions = groups.SelectMany((count, group) => Enumerable.Repeat((ulong)group, count)).ToArray();
        var whole = new ExampleBatch
        {
            Count = labels.Length,
            Matrix = matrix,
            Labels = labels,
            Weights = weights ?? [.. Enumerable.Repeat(1f, labels.Length)],
            Decisions = decisions,
            Persons = decisions,
            Times = decisions.Select(decision => (long)decision).ToArray(),
            Ranks = new int[labels.Length],
            Propensities = Enumerable.Repeat(double.NaN, labels.Length).ToArray(),
        };
        return new(features, whole);
    }
}
