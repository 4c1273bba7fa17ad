namespace Millrace.Learning.Training;

/// <summary>Some examples, by column; row i of every column is example i. The rows of one decision stand together.</summary>
internal sealed record ExampleBatch
{
    public required int Count { get; init; }

    /// <summary>Count × features, row-major; NaN is missing.</summary>
    public required ReadOnlyMemory<float> Matrix { get; init; }

    /// <summary>What is to be predicted.</summary>
    public required ReadOnlyMemory<float> Labels { get; init; }

    /// <summary>What an example counts: recency, class, inclusion and arm together.</summary>
    public required ReadOnlyMemory<float> Weights { get; init; }

    /// <summary>Names the decision; rows of one stand together.</summary>
    public required ReadOnlyMemory<ulong> Decisions { get; init; }

    /// <summary>Names whose decision it was, for draws by person; never a name that another can read.</summary>
    public required ReadOnlyMemory<ulong> Persons { get; init; }

    /// <summary>When it was decided, in Unix µs, ascending.</summary>
    public required ReadOnlyMemory<long> Times { get; init; }

    /// <summary>The 1-based rank at which it was shown; 0 when it was not.</summary>
    public required ReadOnlyMemory<int> Ranks { get; init; }

    /// <summary>The logged propensity, conditional on what stands above; NaN when it was not shown, or no draw could have changed its place.</summary>
    public required ReadOnlyMemory<double> Propensities { get; init; }

    /// <summary>1 where the body was there when it was asked for, 0 where it had to be fetched, NaN where nobody recorded it; empty when it was not asked for.</summary>
    public ReadOnlyMemory<float> Hits { get; init; }

    /// <summary>How long the first byte of the body took, in ms; NaN and empty likewise.</summary>
    public ReadOnlyMemory<float> FirstByteMillis { get; init; }
}
