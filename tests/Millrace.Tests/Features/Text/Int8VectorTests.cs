using System.Runtime.InteropServices;
using CsCheck;
using Millrace.Features.Text;

namespace Millrace.Tests.Features.Text;

public sealed class Int8VectorTests
{
    private static readonly Gen<sbyte> Value = Gen.OneOf(Gen.SByte, Gen.OneOf(sbyte.MinValue, sbyte.MaxValue));

    [Fact]
    public void Products_are_those_of_a_loop() => Gen.Int[0, 600].SelectMany(length => Gen.Select(Value.Array[length], Value.Array[length]))
        .Sample((left, right) => Assert.Equal(left.Zip(right, (l, r) => l * r).Sum(), Int8Vector.Dot(left, right)));

    [Fact]
    public void Products_of_many_with_one_are_those_of_each() => Gen.Int[1, 4].SelectMany(eights => Gen.Select(Value.Array[4], Value.Array[32 * eights], Gen.Int[-9, 9].Array[8 * eights]))
        .Sample((one, many, before) =>
        {
            int[] sums = [.. before];
            Int8Vector.AddProducts(sums, MemoryMarshal.Cast<sbyte, uint>(many), one);
            Assert.Equal(before.Select((sum, i) => sum + Int8Vector.Dot(many.AsSpan(4 * i, 4), one)), sums);
        });

    [Fact]
    public void Sums_of_vectors_are_those_of_a_loop() => Gen.Int[0, 70].SelectMany(length => Gen.Select(Value.Array[length], Gen.Int[-999, 999].Array[length])).Sample((vector, before) =>
    {
        int[] sums = [.. before];
        Int8Vector.AddTo(sums, vector);
        Assert.Equal(before.Zip(vector, (sum, place) => sum + place), sums);
    });

    [Fact]
    public void The_longest_vectors_of_the_greatest_values_do_not_overflow()
    {
        sbyte[] most = [.. Enumerable.Repeat(sbyte.MinValue, 131_071)];
        Assert.Equal(131_071 * 16_384L, Int8Vector.Dot(most, most));
    }

    [Fact]
    public void The_cosine_is_that_of_the_textbook() => Gen.Select(Value.Array[33], Value.Array[33]).Sample((left, right) =>
    {
        double expected = left.Zip(right, (l, r) => (double)l * r).Sum() / (Math.Sqrt(left.Sum(l => l * l)) * Math.Sqrt(right.Sum(r => r * r)));
        Assert.InRange(Int8Vector.Cosine(left, right), expected - 1e-12, expected + 1e-12);
        Assert.InRange(Int8Vector.Cosine(left, left), 1, 1);
    });

    [Fact]
    public void A_vector_of_zeros_has_no_direction() => Assert.True(double.IsNaN(Int8Vector.Cosine(new sbyte[16], [.. Enumerable.Repeat((sbyte)1, 16)])));

    [Fact]
    public void Counts_are_scaled_to_their_greatest_and_rounded() => Gen.OneOf(Gen.Int, Gen.Int[-300, 300], Gen.Const(int.MinValue)).Array[0, 40].Sample(counts =>
    {
        var vector = new sbyte[counts.Length];
        vector.AsSpan().Fill(99);
        Int8Vector.FromCounts(counts, vector);
        long greatest = counts.Select(count => Math.Abs((long)count)).DefaultIfEmpty().Max();
        Assert.Equal(counts.Select(count => greatest == 0 ? (sbyte)0 : (sbyte)Math.Round(127m * count / greatest, MidpointRounding.AwayFromZero)), vector);
    });

    [Fact]
    public void Embeddings_are_within_half_a_step() => Gen.OneOf(Gen.Float[-1, 1], Gen.Float.Where(float.IsFinite)).Array[0, 40].Sample(values =>
    {
        var vector = new sbyte[values.Length];
        Assert.True(Int8Vector.TryFromFloats(values, vector, out float scale));
        double step = values.Select(value => (double)Math.Abs(value)).DefaultIfEmpty().Max() / 127;
        Assert.Equal((float)step, scale);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.InRange(vector[i], -127, 127);
            Assert.InRange(Math.Abs(values[i] - (vector[i] * step)), 0, 0.5000001 * step);
        }
    });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_embedding_with_what_is_no_number_is_refused(float value) => Assert.False(Int8Vector.TryFromFloats([1, value, 0], new sbyte[3], out _));

    [Fact]
    public void The_sum_of_vectors_does_not_depend_on_their_order() => Value.Array[16].Array[0, 20].Sample(vectors =>
    {
        var sum = new int[16];
        foreach (sbyte[] vector in vectors) Int8Vector.AddTo(sum, vector);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => vectors.Sum(vector => vector[i])), sum);
    });
}
