using CsCheck;
using Millrace.Features.Numerics;
using Millrace.Features.Sketches;

namespace Millrace.Tests.Features.Sketches;

public sealed class HyperLogLogTests
{
    // Few low-entropy hashes among random ones, so that registers meet again and reach their last rank.
    private static readonly Gen<ulong> Hash = Gen.Frequency(
        (3, Gen.ULong), (1, Gen.Int[0, 63].Select(bit => 1UL << bit)), (1, Gen.ULong[0, 63].Select(index => index << 58)), (1, Gen.Const(0UL)));

    private static readonly Gen<int> Precision = Gen.Int[HyperLogLog.MinPrecision, HyperLogLog.MaxPrecision];

    [Fact]
    public void Registers_are_the_greatest_ranks_and_the_estimate_is_of_them_alone() =>
        Gen.Select(Precision, Hash.Array[0, 3000]).Sample((precision, hashes) =>
        {
            var sketch = new HyperLogLog(precision);
            var ranks = new int[1 << precision];
            foreach (ulong hash in hashes)
            {
                int index = (int)(hash >> (64 - precision));
                string rest = Convert.ToString((long)hash, 2).PadLeft(64, '0')[precision..];
                int rank = Math.Min(rest.IndexOf('1', StringComparison.Ordinal) is var first && first < 0 ? 64 : first + 1, sketch.MaxRank);
                Assert.Equal(rank > ranks[index], sketch.Add(hash));
                ranks[index] = Math.Max(ranks[index], rank);
            }

            Assert.Equal(ranks, Enumerable.Range(0, ranks.Length).Select(sketch.Rank));
            Assert.Equal(ranks.Count(rank => rank > 0), sketch.Filled);
            double expected = Ertl(ranks);
            Assert.InRange(sketch.Estimate(), expected * (1 - 1e-12), expected * (1 + 1e-12));
        }, iter: 300);

    [Fact]
    public void Any_order_any_repeats_and_any_way_of_merging_give_the_same_bytes() =>
        Gen.Select(Precision, Hash.Array[0, 1500], Gen.ULong, Gen.Int[1, 4]).Sample((precision, hashes, seed, parts) =>
        {
            byte[] expected = Bytes(Of(precision, hashes));
            var sketches = Enumerable.Range(0, parts).Select(_ => new HyperLogLog(precision)).ToArray();
            foreach (ulong hash in hashes.Concat(hashes.Where(hash => hash % 3 == 0)).OrderBy(hash => StableHash.Mix(hash ^ seed)))
            {
                sketches[StableHash.Mix(hash + seed) % (ulong)parts].Add(hash);
            }

            HyperLogLog copy = sketches[0].Copy();
            byte[] before = Bytes(copy);
            foreach (HyperLogLog sketch in sketches) sketches[0].Merge(sketch);
            Assert.Equal(expected, Bytes(sketches[0]));
            Assert.Equal(before, Bytes(copy));
        }, iter: 300);

    [Fact]
    public void What_is_written_is_read_again() => Gen.Select(Precision, Hash.Array[0, 5000]).Sample((precision, hashes) =>
    {
        HyperLogLog sketch = Of(precision, hashes);
        HyperLogLog read = HyperLogLog.Read(Bytes(sketch))!;
        Assert.Equal(Bytes(sketch), Bytes(read));
        Assert.Equal(sketch.Estimate(), read.Estimate());
        read.Merge(sketch);
        Assert.Equal(Bytes(sketch), Bytes(read));
        Assert.InRange(sketch.ByteLength, 3, 3 + sketch.Registers);
    }, iter: 300);

    [Fact]
    public void Bytes_that_are_never_written_are_refused() =>
        Gen.Select(Precision, Hash.Array[0, 400], Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 2]).Sample((precision, hashes, at, with, how) =>
        {
            byte[] bytes = Bytes(Of(precision, hashes));
            if (how == 0) bytes[at % bytes.Length] = with;
            if (how == 1) bytes = bytes[..(at % bytes.Length)];
            if (how == 2) bytes = [.. bytes, with];
            HyperLogLog? read = HyperLogLog.Read(bytes);
            if (read is not null) Assert.Equal(bytes, Bytes(read));
            if (how != 0) Assert.Null(read);
        }, iter: 5000);

    /// <summary>From a few to a million, and where other estimators have their bump (2.5 to 5 m).</summary>
    [Theory]
    [InlineData(4, 400)]
    [InlineData(6, 400)]
    [InlineData(8, 200)]
    [InlineData(12, 60)]
    public void The_standard_error_is_that_of_the_paper_for_few_and_for_many(int precision, int seeds)
    {
        int m = 1 << precision;
        int[] sizes = [.. new[] { 10, 100, 1000, 10_000, 100_000, 1_000_000, m, 5 * m / 2, 3 * m, 5 * m }.Order().Distinct()];
        var squares = new double[sizes.Length];
        var errors = new double[sizes.Length];
        Parallel.For(0, seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var sketch = new HyperLogLog(precision);
            ulong added = 0;
            for (int i = 0; i < sizes.Length; i++)
            {
                while (added < (ulong)sizes[i]) sketch.Add(StableHash.Mix(StableHash.Mix((ulong)seed + 1) + added++));
                double error = (sketch.Estimate() / sizes[i]) - 1;
                lock (squares) (squares[i], errors[i]) = (squares[i] + (error * error), errors[i] + error);
            }
        });
        double bound = 1.04 / Math.Sqrt(m);
        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.True(Math.Sqrt(squares[i] / seeds) <= 1.3 * bound, $"m {m}, n {sizes[i]}: standard error {Math.Sqrt(squares[i] / seeds)}, bound {bound}");
            // The mean of as many estimates: four standard errors of it, and the bias that the sketch states.
            Assert.True(Math.Abs(errors[i] / seeds) <= (4 * bound / Math.Sqrt(seeds)) + (1.1 / m), $"m {m}, n {sizes[i]}: bias {errors[i] / seeds}");
        }
    }

    [Fact]
    public void None_is_none_and_a_few_are_told_to_the_unit()
    {
        var sketch = new HyperLogLog(12);
        Assert.Equal(0, sketch.Estimate());
        for (ulong i = 1; i <= 20; i++)
        {
            sketch.Add(StableHash.Mix(i));
            Assert.Equal(i, Math.Round(sketch.Estimate()));
        }
    }

    /// <summary>Ertl's estimate by sums over registers.</summary>
    private static double Ertl(int[] ranks)
    {
        if (ranks.All(rank => rank == 0)) return 0;
        int precision = System.Numerics.BitOperations.Log2((uint)ranks.Length);
        var sum = System.Numerics.BigInteger.Zero;
        foreach (int rank in ranks.Where(rank => rank > 0)) sum += System.Numerics.BigInteger.One << (63 - precision - rank);
        double x = ranks.Count(rank => rank == 0) / (double)ranks.Length;
        double sigma = x;
        for (int k = 1; k <= 64; k++) sigma += Math.Pow(2, k - 1) * (x *= x);
        return ranks.Length * (double)ranks.Length / (2 * Math.Log(2) * (((double)sum / Math.Pow(2, 63 - precision)) + (ranks.Length * sigma)));
    }

    private static HyperLogLog Of(int precision, IEnumerable<ulong> hashes)
    {
        var sketch = new HyperLogLog(precision);
        foreach (ulong hash in hashes) sketch.Add(hash);
        return sketch;
    }

    private static byte[] Bytes(HyperLogLog sketch)
    {
        var bytes = new byte[sketch.ByteLength];
        bytes.AsSpan().Fill(0xAA);
        sketch.Write(bytes);
        return bytes;
    }
}
