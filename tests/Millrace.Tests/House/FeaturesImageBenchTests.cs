using Millrace.Bench.FeaturesImage;

namespace Millrace.Tests.House;

/// <summary>The benchmarks of snapshots and persons run, on next to nothing.</summary>
public sealed class FeaturesImageBenchTests
{
    [Fact]
    public void They_run()
    {
        Assert.Equal(0, FeaturesImageBench.Run(200, 1_000));
        Assert.Equal(0, FeaturesPersonsBench.Run(300, 1_000));
    }
}
