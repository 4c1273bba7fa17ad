using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Decisions.Candidates.Vectors;
using Millrace.Models.Trees;

namespace Millrace.Tests.Decisions.Vectors;

/// <summary>The same calls give the same answers, bit for bit, whatever instructions the machine has.</summary>
public sealed class VectorGoldenTests
{
    private const string Expected = "74 7735c69eedf856c8";

    [Theory]
    [InlineData(SimdLevel.Scalar)]
    [InlineData(SimdLevel.Vector256)]
    public void Answers_have_the_same_bits_everywhere(SimdLevel level)
    {
        var naive = new NaiveVectors(24);
        var index = new VectorIndex(new VectorIndexOptions { Dimensions = 24, ExactBelow = 300, ListRows = 32, Level = level });
        for (int row = 0; row < 4_000; row++)
        {
            index.Add(row % 3_000, naive.Clustered(5, row, 40));
            if (row % 7 == 0) index.Remove(row / 2);
        }

        var hash = new XxHash3();
        for (int i = 0; i < 100; i++)
        {
            hash.Append(MemoryMarshal.AsBytes(VectorScanTests.Found(index, naive.Clustered(5, 5_000 + i, 40), 50, new AllRows()).AsSpan()));
        }

        Assert.Equal(Expected, $"{index.Lists} {hash.GetCurrentHashAsUInt64():x16}");
    }
}
