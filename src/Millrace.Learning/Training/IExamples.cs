using System.Collections.Immutable;

namespace Millrace.Learning.Training;

/// <summary>Examples to train on, in ascending order of time; they are read more than once, and the same each time.</summary>
internal interface IExamples
{
    /// <summary>The feature columns of every batch, in order.</summary>
    ImmutableArray<string> Features { get; }

    /// <summary>How many there are.</summary>
    long Count { get; }

    /// <summary>Reads them from the first to the last, a bounded batch at a time; a batch is valid until the next is asked for.</summary>
    IAsyncEnumerable<ExampleBatch> ReadAsync(CancellationToken cancellation);
}
