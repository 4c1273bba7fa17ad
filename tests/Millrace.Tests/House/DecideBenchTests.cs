using Millrace.Bench.Decide;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Tests.House;

/// <summary>The benchmark of whole decisions runs, on next to nothing.</summary>
public sealed class DecideBenchTests
{
    [Fact]
    public async Task It_runs()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        string directory = Directory.CreateTempSubdirectory("millrace-").FullName;
        try
        {
            Assert.Equal(0, await DecideBench.RunAsync(directory, items: 300, decisions: 10, trees: 3, leaves: 7));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
