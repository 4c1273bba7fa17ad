using Millrace.Features.Definitions;
using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>
/// How often item j came after item i in a session within a sliding window (and i before j, when symmetric): per item a compact list of neighbours. Bounded by the
/// window, by the neighbours of one item and by <see cref="FeatureOptions.MaxPairs"/>; a pair beyond is refused and counted.
/// </summary>
internal sealed class SessionPairs(SessionPairsKey key, FoldContext context) : ItemState
{
    private readonly BucketRing<long> _ring = new(key.Window, SessionPairsKey.Buckets);
    private readonly CowArray<CountList?> _lists = new();
    private readonly PairSlots _slots = new();
    private long _owner;
    private int _rows;
    private Frozen? _frozen;

    internal override string? Event => key.Event;

    internal override bool ReadsRecent => true;

    internal override long Due => _ring.Due;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    /// <remarks>A click of what the session clicked before makes no pairs; another event of it, such as a purchase, does with the session's other items.</remarks>
    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (folded.Pushes && folded.Recent.Contains(folded.Row))
        {
            return;
        }

        Prefetch(folded.Recent[..Math.Min(folded.Recent.Length, key.Span + 1)], folded.Row);
        var left = key.Span;
        foreach (var before in folded.Recent)
        {
            if (before == folded.Row)
            {
                continue;
            }

            if (left-- == 0)
            {
                return;
            }

            Add(before, folded.Row, folded.Time);
            if (key.Symmetric)
            {
                Add(folded.Row, before, folded.Time);
            }
        }
    }

    internal override FrozenState Freeze(long time)
    {
        if (_frozen is not null)
        {
            return _frozen;
        }

        _slots.Trim();
        _owner++;
        return _frozen = new Frozen(_lists.Freeze()) { Rows = _rows };
    }

    internal override FrozenState View(long time) => new Frozen(_lists.Now) { Rows = _rows };

    internal override StateImage Image()
    {
        var (ring, lists, count) = (_ring.Freeze(), (Frozen)Freeze(0), _slots.Count);
        return to =>
        {
            to.Count(count);
            for (var row = 0; row < lists.Rows; row++)
            {
                var list = lists.Of(row);
                for (var slot = 0; slot < (list?.Count ?? 0); slot++)
                {
                    to.Count(row);
                    to.Count(list![slot].Row);
                    to.Signed(list[slot].Last);
                }
            }

            ring.Save(to, static (to, pair) => to.Hash((ulong)pair));
        };
    }

    internal override void Load(StateReader from)
    {
        for (var left = from.Count(context.Options.MaxPairs); left > 0; left--)
        {
            var (row, to) = (context.LoadRow(from), context.LoadRow(from));
            if (_slots.Find(row, to) >= 0)
            {
                throw from.Bad("each pair once", $"{row} and {to} again");
            }

            Append(row, to, 0, from.Signed());
        }

        var loading = new Loading(this, from);
        _ring.Load(from, static from => (long)from.Hash(), loading);
        loading.Finish();
    }

    /// <summary>Begins to load what counting will look at; all pairs take a step before any takes the next, so that their misses overlap.</summary>
    private void Prefetch(ReadOnlySpan<int> rows, int row)
    {
        foreach (var before in rows)
        {
            _slots.Prefetch(before, row);
            _lists.Now.Prefetch(before);
        }

        foreach (var before in rows)
        {
            Cache.Prefetch(_lists.Read(before));
        }

        foreach (var before in rows)
        {
            if (_lists.Read(before) is { } list && _slots.Find(before, row) is >= 0 and var slot)
            {
                list.Prefetch(slot);
            }
        }
    }

    private void Add(int from, int to, long time)
    {
        var slot = _slots.Find(from, to);
        if (slot < 0 && !Admits(from))
        {
            return;
        }

        if (!_ring.Add(Key(from, to), time))
        {
            return;
        }

        if (slot >= 0)
        {
            Own(from).Add(slot, 1, time);
        }
        else
        {
            Append(from, to, 1, time);
        }
    }

    private void Append(int from, int to, int count, long last)
    {
        _slots.Set(from, to, Own(from).Append(to, count, last));
        context.Uses.Hold(from);
        context.Uses.Hold(to);
    }

    private bool Admits(int from)
    {
        if (_lists.Read(from) is { } list && list.Count >= key.MaxNeighbours)
        {
            context.Counts.RefuseNeighbour();
            return false;
        }

        if (_slots.Count >= context.Options.MaxPairs)
        {
            context.Counts.RefusePair();
            return false;
        }

        return true;
    }

    private CountList Own(int row)
    {
        _frozen = null;
        _rows = Math.Max(_rows, row + 1);
        ref var list = ref _lists.Edit(row);
        return list = list is null ? new CountList(_owner) : list.Own(_owner);
    }

    private void Expire(long pair, int count)
    {
        var (from, to) = ((int)(pair >> 32), (int)pair);
        var slot = _slots.Find(from, to);
        var list = Own(from);
        if (!list.Subtract(slot, count))
        {
            return;
        }

        var moved = list.RemoveAt(slot);
        _slots.Remove(from, to);
        if (moved >= 0)
        {
            _slots.Set(from, moved, slot);
        }

        if (list.Count == 0)
        {
            _lists.Edit(from) = null;
        }

        context.Uses.Release(from);
        context.Uses.Release(to);
    }

    private static long Key(int from, int to) => ((long)from << 32) | (uint)to;

    private readonly struct Sink(SessionPairs owner) : IExpirySink<long>
    {
        public void Expire(long key, int times, long amount) => owner.Expire(key, times);
    }

    /// <summary>Counts what a snapshot's ring holds; every pair of the lists has something there, and every pair there is in a list.</summary>
    private sealed class Loading(SessionPairs owner, StateReader from) : IExpirySink<long>
    {
        private int _counted;

        public void Expire(long key, int times, long amount)
        {
            var (row, to) = ((int)(key >> 32), (int)key);
            if (owner._slots.Find(row, to) is not (>= 0 and var slot))
            {
                throw from.Bad("a listed pair", $"{key:x16}");
            }

            var list = owner.Own(row);
            _counted += list[slot].Count == 0 ? 1 : 0;
            list.Add(slot, times, long.MinValue);
        }

        internal void Finish()
        {
            if (_counted != owner._slots.Count)
            {
                throw from.Bad("a count for each pair", $"{owner._slots.Count - _counted} without");
            }
        }
    }

    internal sealed class Frozen(CowArray<CountList?>.Frozen lists) : FrozenState
    {
        /// <summary>The neighbours of an item; null when it has none.</summary>
        internal CountList? Of(int row) => row < 0 ? null : lists[row];

        internal int Rows { get; init; }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => Enumerable.Range(0, Rows)
            .Where(row => lists[row] is { Count: > 0 })
            .SelectMany(row => Enumerable.Range(0, lists[row]!.Count).Select(slot => (row, entry: lists[row]![slot])))
            .Select(pair => $"{items.IdOf(pair.row)}>{items.IdOf(pair.entry.Row)}:{pair.entry.Count}:{pair.entry.Last}")
            .Order(StringComparer.Ordinal);
    }
}
