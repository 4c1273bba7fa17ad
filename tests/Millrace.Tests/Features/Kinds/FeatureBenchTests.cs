using Millrace.Bench.Features;
using Millrace.Demo;

namespace Millrace.Tests.Features.Kinds;

/// <summary>The benches of features, once and briefly, so that they do not rot.</summary>
[Collection(nameof(AloneCollection))]
public sealed class FeatureBenchTests
{
    [Fact]
    public void Folding_runs() => Assert.Equal(0, FoldBench.Run(items: 500, events: 5_000, rounds: 1, alone: true));

    [Fact]
    public void Assembling_runs() => Assert.Equal(0, AssembleBench.Run(items: 500, events: 5_000, runs: 8, only: []));

    [Fact]
    public void The_demo_has_thirty_features() => Assert.Equal(30, DemoFeatures.All.Length);
}
