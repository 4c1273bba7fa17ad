using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>
/// What a sliding window must take back when it moves: per bucket, key → count. A window of N buckets that ends in bucket E holds the
/// buckets (E − N, E]; it moves with the latest fact or epoch, whichever is later, so that its content depends on the facts alone and not
/// on the order in which partitions were read.
/// </summary>
internal sealed class BucketRing<TKey>(TimeSpan window, int buckets)
    where TKey : notnull
{
    private readonly long _width = Math.Max(1, window.Ticks / TimeSpan.TicksPerMicrosecond / buckets);
    private readonly Dictionary<TKey, int>?[] _ring = new Dictionary<TKey, int>?[buckets];
    private long _end = long.MinValue;

    /// <summary>Counts <paramref name="key"/> at <paramref name="time"/>; false when that lies before the window.</summary>
    /// <remarks>The caller has advanced the ring to <paramref name="time"/> or later.</remarks>
    internal bool Add(TKey key, long time)
    {
        long bucket = Bucket(time);
        if (bucket <= _end - _ring.Length) return false;
        ref Dictionary<TKey, int>? counts = ref _ring[Slot(bucket)];
        counts ??= [];
        CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;
        return true;
    }

    /// <summary>Moves the window's end to <paramref name="time"/> and hands what leaves it to <paramref name="expire"/>.</summary>
    internal void Advance<TSink>(long time, TSink expire)
        where TSink : IExpirySink<TKey>
    {
        long end = Bucket(time);
        if (end <= _end) return;
        long from = _end == long.MinValue ? end : Math.Max(_end + 1, end - _ring.Length + 1);
        for (long bucket = from; bucket <= end; bucket++)
        {
            ref var place = ref _ring[Slot(bucket)];
            if (place is not { } leaving)
            {
                continue;
            }

            // The dictionary goes with its counts: a burst's capacity is not kept for ever.
            place = null;
            foreach (var (key, count) in leaving)
            {
                expire.Expire(key, count);
            }
        }

        _end = end;
    }

    private long Bucket(long time) => Math.DivRem(time, _width, out long rest) - (rest < 0 ? 1 : 0);

    private int Slot(long bucket)
    {
        int slot = (int)(bucket % _ring.Length);
        return slot < 0 ? slot + _ring.Length : slot;
    }
}

/// <summary>Takes expired counts back out of the running sums.</summary>
internal interface IExpirySink<in TKey>
{
    void Expire(TKey key, int count);
}
