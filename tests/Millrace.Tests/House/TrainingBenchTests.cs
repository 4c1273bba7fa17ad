using Millrace.Bench.Training;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Tests.House;

public sealed class TrainingBenchTests
{
    [Fact]
    public async Task The_benchmark_of_training_runs_with_few_examples()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        var work = Directory.CreateTempSubdirectory("millrace-bench-train-").FullName;
        try
        {
            var (train, valid) = (Path.Combine(work, "train.parquet"), Path.Combine(work, "valid.parquet"));
            TrainingData.Write(train, 500, 0);
            var least = TrainingData.Write(valid, TrainingBench.ValidRows, TrainingBench.ValidFrom);
            Assert.InRange(least, 0.4, 0.6);
            Assert.Equal(0, await TrainingBench.ParquetAsync(train, valid, 500, trees: 3));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
