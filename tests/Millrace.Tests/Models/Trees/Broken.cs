using CsCheck;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

/// <summary>Files with bytes changed, cut out, doubled, or numbers put in their place: what still reads must score, within bounds of memory.</summary>
internal static class Broken
{
    private const long MostBytes = 4 << 20;

    private static readonly byte[][] Pieces = [.. ((string[])["-1", "0", "99999999999", "nan", "inf", "1e999", "=", "\n", " ", "[", "}", "\"", "2147483647", "-2147483648", ""]).Select(System.Text.Encoding.UTF8.GetBytes)];

    internal static void Files(byte[] whole, Func<byte[], Forest> read) =>
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 12], Gen.OneOf(Gen.Int[0, Pieces.Length - 1].Select(static index => Pieces[index]), Gen.Byte.Array[1, 4])).Array[1, 4].Sample(
            changes =>
            {
                byte[] bytes = [.. whole];
                foreach (var (at, length, piece) in changes)
                {
                    int start = Math.Min(at, bytes.Length);
                    bytes = [.. bytes.AsSpan(0, start), .. piece, .. bytes.AsSpan(Math.Min(bytes.Length, start + length))];
                }

                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    Forest forest = read(bytes);
                    var scorer = new ForestScorer([forest], forest.Features);
                    scorer.Predict(new float[8 * scorer.Columns], 8, new double[8 * scorer.Outputs], new ForestScratch());
                }
                catch (ForestException)
                {
                }

                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(allocated < MostBytes, $"{allocated} bytes");
            },
            iter: 20_000, threads: 1);
}
