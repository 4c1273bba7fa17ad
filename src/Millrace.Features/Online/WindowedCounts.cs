using Millrace.Features.Catalogue;

namespace Millrace.Features.Online;

/// <summary>How often each item had one kind of event within a sliding window: running sums, with a ring of buckets to take back what expires.</summary>
internal sealed class WindowedCounts : FeatureState
{
    private readonly string? _event;
    private readonly RowUses _uses;
    private readonly BucketRing<int> _ring;
    private readonly CowArray<int> _slots = new();
    private CountList _entries = new(0);
    private long _owner;
    private Frozen? _frozen;

    /// <param name="event">The event to count; null counts whatever <see cref="Apply"/> is given.</param>
    /// <param name="window">The window's length.</param>
    /// <param name="buckets">Into how many buckets it is cut.</param>
    /// <param name="uses">Told which rows are counted.</param>
    internal WindowedCounts(string? @event, TimeSpan window, int buckets, RowUses uses)
    {
        _event = @event;
        _uses = uses;
        _ring = new BucketRing<int>(window, buckets);
    }

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded)
    {
        if (_event is not null && _event != folded.Event) return;
        if (!_ring.Add(folded.Row, folded.Time)) return;
        var slot = _slots.Read(folded.Row) - 1;
        if (slot >= 0)
        {
            Own().Add(slot, 1, folded.Time);
            return;
        }

        _slots.Edit(folded.Row) = Own().Append(folded.Row, 1, folded.Time) + 1;
        _uses.Hold(folded.Row);
    }

    /// <summary>Whether the window counts nothing now.</summary>
    internal bool IsEmpty => _entries.Count == 0;

    internal override Frozen Freeze()
    {
        if (_frozen is not null) return _frozen;
        _owner++;
        return _frozen = new Frozen(_slots.Freeze(), _entries);
    }

    private CountList Own()
    {
        _frozen = null;
        return _entries = _entries.Own(_owner);
    }

    private void Expire(int row, int count)
    {
        int slot = _slots.Read(row) - 1;
        CountList entries = Own();
        if (!entries.Subtract(slot, count)) return;
        int moved = entries.RemoveAt(slot);
        _slots.Edit(row) = 0;
        _uses.Release(row);
        if (moved >= 0) _slots.Edit(moved) = slot + 1;
    }

    private readonly struct Sink(WindowedCounts owner) : IExpirySink<int>
    {
        public void Expire(int key, int count) => owner.Expire(key, count);
    }

    internal sealed class Frozen(CowArray<int>.Frozen slots, CountList entries) : FrozenState
    {
        internal CountList Entries { get; } = entries;

        internal long Total => Entries.Total;

        internal int Count(int row)
        {
            int slot = slots[row] - 1;
            return slot < 0 ? 0 : Entries[slot].Count;
        }

        internal override IEnumerable<string> Canonical(Func<int, string> idOf) =>
            Enumerable.Range(0, Entries.Count)
                .Select(slot => Entries[slot])
                .Select(entry => $"{idOf(entry.Row)}:{entry.Count}:{entry.Last}")
                .Order(StringComparer.Ordinal);
    }
}
