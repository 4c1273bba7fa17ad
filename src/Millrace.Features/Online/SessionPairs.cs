namespace Millrace.Features.Online;

/// <summary>
/// How often item j came after item i in a session within a sliding window (and i before j, when symmetric): per item a compact list of
/// neighbours. Bounded by the window and by <paramref name="maxNeighbours"/> per item; a pair beyond it is refused and counted.
/// </summary>
internal sealed class SessionPairs(string @event, TimeSpan window, int buckets, int span, bool symmetric, int maxNeighbours) : FeatureState
{
    private readonly BucketRing<long> _ring = new(window, buckets);
    private readonly CowArray<CountList?> _lists = new();
    private readonly Dictionary<long, int> _slots = [];
    private long _owner;
    private int _rows;
    private Frozen? _frozen;

    /// <summary>Pairs that the bound on neighbours refused.</summary>
    internal long Refused { get; private set; }

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded)
    {
        if (folded.Event != @event || folded.Recent.Contains(folded.Row)) return;
        ReadOnlySpan<int> before = folded.Recent[..Math.Min(span, folded.Recent.Length)];
        foreach (int row in before)
        {
            Add(row, folded.Row, folded.Time);
            if (symmetric) Add(folded.Row, row, folded.Time);
        }
    }

    internal override FrozenState Freeze()
    {
        if (_frozen is not null) return _frozen;
        _owner++;
        return _frozen = new Frozen(_lists.Freeze()) { Rows = _rows };
    }

    private void Add(int from, int to, long time)
    {
        long key = Key(from, to);
        bool known = _slots.TryGetValue(key, out int slot);
        if (!known && _lists.Read(from) is { } full && full.Count >= maxNeighbours)
        {
            Refused++;
            return;
        }

        if (!_ring.Add(key, time)) return;
        CountList list = Own(from);
        if (known) list.Add(slot, 1, time);
        else _slots.Add(key, list.Append(to, 1, time));
    }

    private CountList Own(int row)
    {
        _frozen = null;
        _rows = Math.Max(_rows, row + 1);
        ref CountList? list = ref _lists.Edit(row);
        return list = list is null ? new CountList(_owner) : list.Own(_owner);
    }

    private void Expire(long key, int count)
    {
        int from = (int)(key >> 32);
        int slot = _slots[key];
        CountList list = Own(from);
        if (!list.Subtract(slot, count)) return;
        int moved = list.RemoveAt(slot);
        _slots.Remove(key);
        if (moved >= 0) _slots[Key(from, moved)] = slot;
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
