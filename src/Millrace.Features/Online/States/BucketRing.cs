using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>
/// What a sliding window must take back when it moves: per bucket, key → how often and how much. A window of N buckets that ends in bucket E holds the
/// buckets (E − N, E]; it moves with the latest fact or epoch, whichever is later, so that its content depends on the facts alone and not
/// on the order in which partitions were read.
/// </summary>
/// <param name="window">The window's length.</param>
/// <param name="buckets">Into how many buckets it is cut.</param>
internal sealed class BucketRing<TKey>(TimeSpan window, int buckets)
    where TKey : struct, IComparable<TKey>, IEquatable<TKey>
{
    private const long MostTime = long.MaxValue / 4;

    private readonly long _width = Math.Max(1, window.Ticks / TimeSpan.TicksPerMicrosecond / buckets);
    private readonly Bucket?[] _ring = new Bucket?[buckets];
    private long _end = long.MinValue;

    /// <summary>When the window moves next, Unix µs.</summary>
    internal long Due => _end == long.MinValue ? long.MinValue : (_end + 1) * _width;

    /// <summary>Adds to <paramref name="key"/> at <paramref name="time"/>; false when that lies before the window.</summary>
    /// <remarks>The caller has advanced the ring to <paramref name="time"/> or later.</remarks>
    internal bool Add(TKey key, long time, long amount = 1)
    {
        var bucket = Number(time);
        if (bucket <= _end - _ring.Length)
        {
            return false;
        }

        (_ring[Slot(bucket)] ??= new Bucket()).Add(key, 1, amount);
        return true;
    }

    /// <summary>Moves the window's end to <paramref name="time"/> and hands what leaves it to <paramref name="expire"/>.</summary>
    internal void Advance<TSink>(long time, TSink expire)
        where TSink : IExpirySink<TKey>
    {
        var end = Number(time);
        if (end <= _end)
        {
            return;
        }

        var from = _end == long.MinValue ? end : Math.Max(_end + 1, end - _ring.Length + 1);
        for (var bucket = from; bucket <= end; bucket++)
        {
            ref var place = ref _ring[Slot(bucket)];
            if (place is not { } leaving)
            {
                continue;
            }

            // The bucket goes with its entries: a burst's capacity is not kept for ever.
            place = null;
            foreach (var entry in leaving.Merged)
            {
                expire.Expire(entry.Key, entry.Times, entry.Amount);
            }
        }

        _end = end;
    }

    /// <summary>What the ring holds now, for ever, by sharing.</summary>
    internal Frozen Freeze() => new(_end, [.. _ring.Select(bucket => bucket is null ? default : bucket.Share())]);

    /// <summary>Reads what <see cref="Frozen.Save"/> wrote into a new ring, telling <paramref name="into"/> of each entry.</summary>
    /// <param name="from">What was written.</param>
    /// <param name="key">Reads a key.</param>
    /// <param name="into">Told of each entry.</param>
    /// <param name="repeats">Whether a key may stand there again: where amounts may be too great to be one.</param>
    internal void Load<TSink>(StateReader from, Func<StateReader, TKey> key, TSink into, bool repeats = false)
        where TSink : IExpirySink<TKey>
    {
        _end = from.Signed();
        if (_end != long.MinValue && Math.Abs(_end) > MostTime / _width)
        {
            throw from.Bad("a window's end", $"bucket {_end}");
        }

        foreach (ref var place in _ring.AsSpan())
        {
            var count = from.Count(int.MaxValue);
            place = count == 0 ? null : new Bucket();
            for (var (left, last) = (count, default(TKey)); left > 0; left--)
            {
                var entry = new BucketEntry<TKey> { Key = key(from), Times = from.Count(int.MaxValue), Amount = from.Signed() };
                if (entry.Times == 0 || (left < count && entry.Key.CompareTo(last) is var order && (order < 0 || (order == 0 && !repeats))))
                {
                    throw from.Bad("entries in order, each once", $"{entry.Key}");
                }

                place!.Add(last = entry.Key, entry.Times, entry.Amount);
                into.Expire(entry.Key, entry.Times, entry.Amount);
            }
        }
    }

    private long Number(long time) => Math.DivRem(time, _width, out var rest) - (rest < 0 ? 1 : 0);

    private int Slot(long bucket)
    {
        var slot = (int)(bucket % _ring.Length);
        return slot < 0 ? slot + _ring.Length : slot;
    }

    /// <summary>Additions in a row, which cost less than a dictionary's; those since the last merge are sorted and merged whenever the row is full, so that it grows with distinct keys only.</summary>
    private sealed class Bucket
    {
        private BucketEntry<TKey>[] _entries = new BucketEntry<TKey>[4];
        private int _count;

        // So many are in order, each key once, since the last merge.
        private int _sorted;

        // Before this others read: what stands there is not changed, and a merge makes a new row.
        private int _shared;

        internal ReadOnlySpan<BucketEntry<TKey>> Merged
        {
            get
            {
                Merge();
                return _entries.AsSpan(0, _count);
            }
        }

        internal void Add(TKey key, int times, long amount)
        {
            var entry = new BucketEntry<TKey> { Key = key, Times = times, Amount = amount };
            if (_count > _shared && _entries[_count - 1].Key.Equals(key) && _entries[_count - 1].TryAdd(entry))
            {
                return;
            }

            if (_count == _entries.Length)
            {
                Merge();
                if (2 * _count > _entries.Length)
                {
                    Array.Resize(ref _entries, 2 * _entries.Length);
                    _shared = 0;
                }
            }

            _entries[_count++] = entry;
        }

        internal ReadOnlyMemory<BucketEntry<TKey>> Share()
        {
            _shared = _count;
            return _entries.AsMemory(0, _count);
        }

        private void Merge()
        {
            if (_sorted == _count)
            {
                return;
            }

            if (_shared > 0)
            {
                _entries = (BucketEntry<TKey>[])_entries.Clone();
                _shared = 0;
            }

            _sorted = _count = BucketEntries.Merge(_entries.AsSpan(0, _count), _sorted);
        }
    }

    /// <summary>The ring as it stood; its rows may hold a key more than once.</summary>
    internal readonly struct Frozen(long end, ReadOnlyMemory<BucketEntry<TKey>>[] buckets)
    {
        internal void Save(StateWriter to, Action<StateWriter, TKey> key)
        {
            to.Signed(end);
            foreach (var bucket in buckets)
            {
                Span<BucketEntry<TKey>> entries = bucket.ToArray();
                entries = entries[..BucketEntries.Merge(entries, 0)];
                to.Count(entries.Length);
                foreach (ref readonly var entry in entries)
                {
                    key(to, entry.Key);
                    to.Count(entry.Times);
                    to.Signed(entry.Amount);
                }
            }
        }
    }
}

/// <summary>Takes back out of the running sums what left the window, or is told of what a snapshot holds.</summary>
internal interface IExpirySink<in TKey>
{
    void Expire(TKey key, int times, long amount);
}
