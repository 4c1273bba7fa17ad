using Millrace.Bench.Vectors;

namespace Millrace.Tests.House;

/// <summary>The benchmark of nearest neighbours runs, on next to nothing.</summary>
public sealed class VectorBenchTests
{
    [Fact]
    public void It_runs() => Assert.Equal(0, VectorBench.Run(items: 2_000, dimensions: 16, queries: 4, []));
}
