using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Models.Trees;

/// <summary>
/// Finds the rank of a value among sorted thresholds (how many are below it) by a table: a bucket computed from the value says where to begin, and
/// few comparisons end it. Buckets rise with the value, rounding included, so every threshold of a lower bucket is below the value and none of a higher one is:
/// the rank is exact whatever the buckets are.
/// </summary>
internal sealed class RankGuide
{
    private const int Buckets = 512;

    // The ranks at which buckets begin.
    private readonly int[] _starts = new int[Buckets];

    // Followed by as many infinities as the longest search can look beyond.
    private readonly float[] _thresholds;
    private readonly bool _byBits;
    private readonly float _least;
    private readonly float _scale;
    private readonly int _firstStep;

    /// <param name="thresholds">Distinct, ascending, no −0.</param>
    internal RankGuide(float[] thresholds)
    {
        // Evenly over the values, or over their bits, which is about evenly over their logarithms: whichever spreads them better.
        (int linear, float linearLeast, float linearScale) = Spread(thresholds, false);
        (int bits, float bitsLeast, float bitsScale) = Spread(thresholds, true);
        _byBits = bits < linear;
        (int most, _least, _scale) = _byBits ? (bits, bitsLeast, bitsScale) : (linear, linearLeast, linearScale);
        _firstStep = 1;
        while ((2 * _firstStep) - 1 < most) _firstStep *= 2;
        _thresholds = new float[thresholds.Length + (2 * _firstStep)];
        _thresholds.AsSpan().Fill(float.PositiveInfinity);
        thresholds.CopyTo(_thresholds, 0);
        foreach (float threshold in thresholds)
        {
            int bucket = Bucket(threshold);
            if (bucket + 1 < Buckets) _starts[bucket + 1]++;
        }

        for (int i = 1; i < Buckets; i++) _starts[i] += _starts[i - 1];
    }

    /// <summary>The ranks of <paramref name="values"/>; those of NaN mean nothing.</summary>
    /// <param name="values">A multiple of eight.</param>
    /// <param name="ranks">As many.</param>
    internal void Ranks(ReadOnlySpan<float> values, Span<int> ranks)
    {
        for (int i = 0; i < values.Length; i += Vector256<float>.Count) BucketsOf(Vector256.Create(values[i..])).CopyTo(ranks[i..]);
        ref float threshold = ref MemoryMarshal.GetArrayDataReference(_thresholds);
        ref int start = ref MemoryMarshal.GetArrayDataReference(_starts);
        int firstStep = _firstStep;
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            nint rank = Unsafe.Add(ref start, ranks[i]);
            for (int step = firstStep; step > 0; step >>= 1)
            {
                nint beyond = rank + step;
                rank = value > Unsafe.Add(ref threshold, beyond - 1) ? beyond : rank;
            }

            ranks[i] = (int)rank;
        }
    }

    /// <summary>The rank of one value.</summary>
    internal int Rank(float value)
    {
        Span<float> values = stackalloc float[Vector256<float>.Count];
        Span<int> ranks = stackalloc int[Vector256<float>.Count];
        values.Fill(value);
        Ranks(values, ranks);
        return ranks[0];
    }

    private int Bucket(float value) => BucketsOf(Vector256.Create(value))[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<int> BucketsOf(Vector256<float> values) => BucketsOf(_byBits ? Ordered(values) : values, _least, _scale);

    // NaN falls on 0: the maximum takes its second operand, or the conversion makes 0 of it.
    private static Vector256<int> BucketsOf(Vector256<float> values, float least, float scale)
    {
        Vector256<float> at = (values - Vector256.Create(least)) * Vector256.Create(scale);
        at = Vector256.MinNative(Vector256.MaxNative(at, Vector256<float>.Zero), Vector256.Create(Buckets - 1f));
        return Vector256.ConvertToInt32(at);
    }

    // Integers in the order of the floats whose bits they are, as floats, which keeps the order.
    private static Vector256<float> Ordered(Vector256<float> values)
    {
        Vector256<int> bits = values.AsInt32();
        return Vector256.ConvertToSingle(bits ^ ((bits >> 31) & Vector256.Create(int.MaxValue)));
    }

    /// <summary>The most thresholds that share a bucket, and the mapping that makes it so.</summary>
    private static (int Most, float Least, float Scale) Spread(float[] thresholds, bool byBits)
    {
        float least = Coordinate(thresholds[0]);
        float scale = (Buckets - 1) / (Coordinate(thresholds[^1]) - least);
        if (!float.IsFinite(scale) || !float.IsFinite(least)) (least, scale) = (0, 1);
        var counts = new int[Buckets];
        foreach (float threshold in thresholds)
        {
            Vector256<float> value = Vector256.Create(threshold);
            counts[BucketsOf(byBits ? Ordered(value) : value, least, scale)[0]]++;
        }

        return (counts.Max(), least, scale);

        float Coordinate(float threshold) => byBits ? Ordered(Vector256.Create(threshold))[0] : threshold;
    }
}
