using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Millrace.Learning.Training.Positions;

/// <summary>Examples whose weights are multiplied.</summary>
/// <param name="examples">The examples.</param>
/// <param name="factors">Writes the factor of each row of a batch.</param>
internal sealed class WeighedExamples(IExamples examples, Action<ExampleBatch, Span<double>> factors) : IExamples
{
    public ImmutableArray<string> Features => examples.Features;

    public long Count => examples.Count;

    /// <summary>A click counts as many as were not made because nobody looked: 1 / examination (Joachims, Swaminathan and Schnabel 2017).</summary>
    internal static WeighedExamples ByClick(IExamples examples, ExaminationCurve curve) => new(examples, (batch, result) =>
    {
        for (var row = 0; row < result.Length; row++)
        {
            result[row] = batch.Labels.Span[row] > 0 ? 1 / curve.At(batch.Ranks.Span[row]) : 1;
        }
    });

    public async IAsyncEnumerable<ExampleBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var (result, weights) = (Array.Empty<double>(), Array.Empty<float>());
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            if (weights.Length < batch.Count)
            {
                (result, weights) = (new double[batch.Count], new float[batch.Count]);
            }

            factors(batch, result.AsSpan(0, batch.Count));
            for (var row = 0; row < batch.Count; row++)
            {
                weights[row] = (float)(batch.Weights.Span[row] * result[row]);
            }

            yield return batch with { Weights = weights.AsMemory(0, batch.Count) };
        }
    }
}
