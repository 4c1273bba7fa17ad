using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Millrace.Learning.Training.Confounding;

/// <summary>Examples with fixed columns after their features.</summary>
internal sealed class ContextExamples : IExamples
{
    private readonly IExamples _examples;
    private readonly ImmutableArray<FixedColumn> _columns;

    /// <exception cref="TrainingException">A feature has the name of a column.</exception>
    internal ContextExamples(IExamples examples, ImmutableArray<FixedColumn> columns)
    {
        (_examples, _columns, Features) = (examples, columns, [.. examples.Features, .. columns.Select(column => column.Name)]);
        if (Features.CountBy(name => name).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw new TrainingException($"a feature is named '{twice}', which is the name of what showing an item was like");
        }
    }

    public ImmutableArray<string> Features { get; }

    public long Count => _examples.Count;

    public async IAsyncEnumerable<ExampleBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var (own, all, matrix) = (_examples.Features.Length, Features.Length, Array.Empty<float>());
        await foreach (var batch in _examples.ReadAsync(cancellation))
        {
            if (matrix.Length < batch.Count * all)
            {
                matrix = new float[batch.Count * all];
            }

            for (var row = 0; row < batch.Count; row++)
            {
                batch.Matrix.Span.Slice(row * own, own).CopyTo(matrix.AsSpan(row * all));
                for (var column = 0; column < _columns.Length; column++)
                {
                    matrix[(row * all) + own + column] = _columns[column].Value(batch, row);
                }
            }

            yield return batch with { Matrix = matrix.AsMemory(0, batch.Count * all) };
        }
    }
}
