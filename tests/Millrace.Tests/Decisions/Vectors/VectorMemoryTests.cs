using Millrace.Decisions.Candidates.Vectors;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>Weighs the heap: nothing else may run beside it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class VectorMemoryTests
{
    [Fact]
    public void Memory_is_accounted_for_within_a_tenth()
    {
        var naive = new NaiveVectors(64);
        float[][] vectors = [.. Enumerable.Range(0, 300).Select(row => naive.Clustered(1, row, 30))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = 64, ExactBelow = 10_000 });
        for (int row = 0; row < 60_000; row++)
        {
            float[] vector = vectors[row % 300];
            vector[row % 64] += 0.01f;
            index.Add(row, vector);
        }

        long weighed = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(index.Bytes / (double)weighed, 0.9, 1.1);
        GC.KeepAlive(index);
    }
}
