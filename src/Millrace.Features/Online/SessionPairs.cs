using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>
/// How often item j came after item i in a session within a sliding window (and i before j, when symmetric): per item a compact list of neighbours. Bounded by the
/// window, by the neighbours of one item and by <see cref="FeatureOptions.MaxPairs"/>; a pair beyond is refused and counted.
/// </summary>
internal sealed class SessionPairs(SessionPairsKey key, int buckets, FoldContext context) : FeatureState
{
    private readonly BucketRing<long> _ring = new(key.Window, buckets);
    private readonly CowArray<CountList?> _lists = new();
    private readonly Dictionary<long, int> _slots = [];
    private long _owner;
    private int _rows;
    private Frozen? _frozen;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    /// <remarks>A click of what the session clicked before makes no pairs; another event of it, such as a purchase, does with the session's other items.</remarks>
    internal override void Apply(in FoldedEvent folded)
    {
        if (folded.Event != key.Event || (folded.Pushes && folded.Recent.Contains(folded.Row)))
        {
            return;
        }

        var left = key.Span;
        foreach (var row in folded.Recent)
        {
            if (row == folded.Row)
            {
                continue;
            }

            if (left-- == 0)
            {
                return;
            }

            Add(row, folded.Row, folded.Time);
            if (key.Symmetric)
            {
                Add(folded.Row, row, folded.Time);
            }
        }
    }

    internal override FrozenState Freeze()
    {
        if (_frozen is not null)
        {
            return _frozen;
        }

        if (_slots.Capacity > 1024 && _slots.Count < _slots.Capacity / 4)
        {
            _slots.TrimExcess();
        }

        _owner++;
        return _frozen = new Frozen(_lists.Freeze()) { Rows = _rows };
    }

    private void Add(int from, int to, long time)
    {
        var pair = Key(from, to);
        var known = _slots.TryGetValue(pair, out var slot);
        if (!known && !Admits(from))
        {
            return;
        }

        if (!_ring.Add(pair, time))
        {
            return;
        }

        var list = Own(from);
        if (known)
        {
            list.Add(slot, 1, time);
            return;
        }

        _slots.Add(pair, list.Append(to, 1, time));
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
        var slot = _slots[pair];
        var list = Own(from);
        if (!list.Subtract(slot, count))
        {
            return;
        }

        var moved = list.RemoveAt(slot);
        _slots.Remove(pair);
        if (moved >= 0)
        {
            _slots[Key(from, moved)] = slot;
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
        public void Expire(long key, int count) => owner.Expire(key, count);
    }

    internal sealed class Frozen(CowArray<CountList?>.Frozen lists) : FrozenState
    {
        /// <summary>The neighbours of an item; null when it has none.</summary>
        internal CountList? Of(int row) => row < 0 ? null : lists[row];

        internal int Rows { get; init; }

        internal override IEnumerable<string> Canonical(Func<int, string> idOf) =>
            Enumerable.Range(0, Rows)
                .Where(row => lists[row] is { Count: > 0 })
                .SelectMany(row => Enumerable.Range(0, lists[row]!.Count).Select(slot => (row, entry: lists[row]![slot])))
                .Select(pair => $"{idOf(pair.row)}>{idOf(pair.entry.Row)}:{pair.entry.Count}:{pair.entry.Last}")
                .Order(StringComparer.Ordinal);
    }
}
