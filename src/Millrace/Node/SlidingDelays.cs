using System.Numerics;

namespace Millrace.Node;

/// <summary>Delays within the last minute, in slots of a second: their maximum exactly, their quantiles to a fifth. Not for concurrent use.</summary>
internal sealed class SlidingDelays
{
    private const int Seconds = 60;
    private const int Steps = 4;
    private const int Buckets = 64 * Steps;

    private readonly Slot[] _slots = [.. Enumerable.Range(0, Seconds).Select(_ => new Slot())];

    /// <param name="second">Now, in whole seconds.</param>
    /// <param name="micros">The delay.</param>
    public void Add(long second, long micros)
    {
        var slot = _slots[second % Seconds];
        if (slot.Second != second)
        {
            slot.Begin(second);
        }

        micros = Math.Max(0, micros);
        slot.Counts[BucketOf(micros)]++;
        slot.Max = Math.Max(slot.Max, micros);
    }

    /// <summary>Adds what the last minute holds to <paramref name="counts"/>.</summary>
    /// <returns>The longest delay; 0 when there is none.</returns>
    public long Collect(long second, Span<long> counts)
    {
        var max = 0L;
        foreach (var slot in _slots)
        {
            if (slot.Second <= second - Seconds)
            {
                continue;
            }

            max = Math.Max(max, slot.Max);
            for (var i = 0; i < Buckets; i++)
            {
                counts[i] += slot.Counts[i];
            }
        }

        return max;
    }

    /// <summary>Room for <see cref="Collect"/>.</summary>
    public static long[] NewCounts() => new long[Buckets];

    /// <summary>The delay that <paramref name="share"/> of what was collected does not exceed, rounded up to the end of its bucket and never beyond <paramref name="max"/>.</summary>
    public static long Quantile(ReadOnlySpan<long> counts, double share, long max)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var left = (long)Math.Ceiling(total * share);
        for (var i = 0; i < counts.Length; i++)
        {
            left -= counts[i];
            if (left <= 0 && total > 0)
            {
                return Math.Min(max, EndOf(i));
            }
        }

        return 0;
    }

    // Four buckets to an octave.
    private static int BucketOf(long micros)
    {
        if (micros < Steps)
        {
            return (int)micros;
        }

        var octave = BitOperations.Log2((ulong)micros);
        return ((octave - 1) * Steps) + (int)((micros >> (octave - 2)) & (Steps - 1));
    }

    private static long EndOf(int bucket)
    {
        if (bucket < Steps)
        {
            return bucket;
        }

        var octave = (bucket / Steps) + 1;
        return ((Steps + (bucket % Steps) + 1L) << (octave - 2)) - 1;
    }

    private sealed class Slot
    {
        // Before any second that is asked for.
        public long Second { get; private set; } = long.MinValue / 2;

        public int[] Counts { get; } = new int[Buckets];

        public long Max { get; set; }

        public void Begin(long second)
        {
            (Second, Max) = (second, 0);
            Counts.AsSpan().Clear();
        }
    }
}
