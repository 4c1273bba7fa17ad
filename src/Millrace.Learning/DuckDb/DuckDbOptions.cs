namespace Millrace.Learning.DuckDb;

/// <summary>What the offline store may take of the machine.</summary>
internal sealed record DuckDbOptions
{
    /// <summary>MiB that it holds; what does not fit stands in temporary files.</summary>
    public int MemoryMebibytes { get; init; } = 1024;

    /// <summary>Threads; results do not depend on them.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 8);
}
