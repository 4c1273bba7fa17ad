using System.Collections.Immutable;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Gates;

/// <summary>Examples that gates look at: whole decisions, every n-th, so that memory is bounded.</summary>
internal sealed class GateSample
{
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>Row by row, as <see cref="ExampleBatch"/> has them.</summary>
    public List<float> Matrix { get; } = [];

    public List<float> Labels { get; } = [];

    public List<float> Weights { get; } = [];

    public List<ulong> Decisions { get; } = [];

    public List<ulong> Persons { get; } = [];

    public List<long> Times { get; } = [];

    public List<int> Ranks { get; } = [];

    public List<Slice> Slices { get; } = [];

    public int Count => Labels.Count;

    public ReadOnlySpan<float> Row(int row) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Matrix).Slice(row * Features.Length, Features.Length);

    public float Value(int row, int column) => Matrix[(row * Features.Length) + column];

    /// <summary>The rows of a slice.</summary>
    public IEnumerable<int> Of(Slice slice) => Enumerable.Range(0, Count).Where(row => Slices[row] == slice);

    /// <summary>Reads the examples once.</summary>
    /// <param name="examples">All.</param>
    /// <param name="slices">How they are cut.</param>
    /// <param name="most">About so many rows are kept.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    internal static async Task<GateSample> ReadAsync(IExamples examples, TimeSlices slices, int most, CancellationToken cancellation)
    {
        var sample = new GateSample { Features = examples.Features };
        var (every, decision, last) = ((examples.Count + most - 1) / most, -1L, (ulong?)null);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                if (batch.Decisions.Span[row] is var now && now != last)
                {
                    (last, decision) = (now, decision + 1);
                }

                if (decision % Math.Max(1, every) == 0)
                {
                    sample.Add(batch, row, slices);
                }
            }
        }

        return sample;
    }

    private void Add(ExampleBatch batch, int row, TimeSlices slices)
    {
        Matrix.AddRange(batch.Matrix.Span.Slice(row * Features.Length, Features.Length));
        Labels.Add(batch.Labels.Span[row]);
        Weights.Add(batch.Weights.Span[row]);
        Decisions.Add(batch.Decisions.Span[row]);
        Persons.Add(batch.Persons.Span[row]);
        Times.Add(batch.Times.Span[row]);
        Ranks.Add(batch.Ranks.Span[row]);
        Slices.Add(slices.Of(batch.Times.Span[row]));
    }
}
