using Millrace.Bench.Forests;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Tests.House;

/// <summary>The benchmark of forests runs, on next to nothing.</summary>
public sealed class ForestBenchTests
{
    [Fact]
    public void It_runs()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        Assert.Equal(0, ForestBench.Run(trees: 3, leaves: 7, rows: 16, warming: TimeSpan.FromMilliseconds(5)));
    }
}
