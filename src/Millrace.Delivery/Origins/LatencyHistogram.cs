using System.Numerics;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Times to a head, in buckets of an eighth of an octave from 64 µs to over an hour: a quantile is right to within 9 %, whatever the shape. Two windows:
/// the one that fills and the one before it. Thread-safe; a reading beside a turn may miss a few.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int PerOctave = 8;
    private const int FirstOctave = 6;
    private const int Buckets = 27 * PerOctave;

    private int[] _now = new int[Buckets];
    private int[] _before = new int[Buckets];

    /// <summary>Times in both windows.</summary>
    public int Count => Sum(_now) + Sum(_before);

    public void Record(TimeSpan time) => Interlocked.Increment(ref Volatile.Read(ref _now)[BucketOf(time)]);

    /// <summary>Begins another window, and forgets the one before the last.</summary>
    public void Turn()
    {
        var emptied = _before;
        Array.Clear(emptied);
        (_before, _now) = (_now, emptied);
    }

    /// <summary>The time that a share of all is below; zero when there is none.</summary>
    public TimeSpan Quantile(double share)
    {
        var (now, before) = (_now, _before);
        var rank = (int)Math.Ceiling(share * (Sum(now) + Sum(before)));
        for (int i = 0, seen = 0; i < Buckets; i++)
        {
            seen += now[i] + before[i];
            if (seen >= rank && seen > 0)
            {
                return UpperBound(i);
            }
        }

        return TimeSpan.Zero;
    }

    private static int Sum(int[] buckets)
    {
        var sum = 0;
        foreach (var count in buckets)
        {
            sum += count;
        }

        return sum;
    }

    private static int BucketOf(TimeSpan time)
    {
        var microseconds = (ulong)Math.Max(1, time.Ticks / TimeSpan.TicksPerMicrosecond);
        var octave = BitOperations.Log2(microseconds);
        if (octave < FirstOctave)
        {
            return 0;
        }

        var eighth = (int)((microseconds - (1UL << octave)) * PerOctave >> octave);
        return Math.Min(Buckets - 1, ((octave - FirstOctave) * PerOctave) + eighth);
    }

    private static TimeSpan UpperBound(int bucket)
    {
        var octave = FirstOctave + (bucket / PerOctave);
        return TimeSpan.FromMicroseconds((1L << octave) + (((1L << octave) * ((bucket % PerOctave) + 1)) / PerOctave));
    }
}
