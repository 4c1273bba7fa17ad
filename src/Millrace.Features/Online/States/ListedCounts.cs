using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>
/// How often each item had one kind of event within a sliding window, as a compact list of those that had any: what popular and segment lists are picked from.
/// A running sum per entry, with a ring of buckets to take back what expires.
/// </summary>
/// <param name="event">The event to count; null counts whatever <see cref="Apply"/> is given.</param>
/// <param name="window">The window's length.</param>
/// <param name="context">Told which rows are counted.</param>
internal sealed class ListedCounts(string? @event, TimeSpan window, FoldContext context) : ItemState
{
    /// <summary>Into how many buckets the window is cut.</summary>
    internal const int Buckets = 60;

    private readonly BucketRing<int> _ring = new(window, Buckets);
    private readonly CowArray<int> _slots = new();
    private CountList _entries = new(0);
    private long _owner;
    private Frozen? _frozen;

    internal override string? Event => @event;

    internal override long Due => _ring.Due;

    /// <summary>Whether the window counts nothing now.</summary>
    internal bool IsEmpty => _entries.Count == 0;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (!_ring.Add(folded.Row, folded.Time))
        {
            return;
        }

        var slot = _slots.Read(folded.Row) - 1;
        if (slot >= 0)
        {
            Own().Add(slot, 1, folded.Time);
        }
        else
        {
            Append(folded.Row, 1, folded.Time);
        }
    }

    internal override FrozenState Freeze(long time) => Freeze();

    internal Frozen Freeze()
    {
        if (_frozen is not null)
        {
            return _frozen;
        }

        _owner++;
        return _frozen = new Frozen(_slots.Freeze(), _entries);
    }

    internal override FrozenState View(long time) => View();

    internal Frozen View() => new(_slots.Now, _entries);

    internal override void Save(StateWriter to)
    {
        _ring.Save(to, static (to, row) => to.Count(row));
        to.Count(_entries.Count);
        for (var slot = 0; slot < _entries.Count; slot++)
        {
            var entry = _entries[slot];
            to.Count(entry.Row);
            to.Count(entry.Count);
            to.Signed(entry.Last);
        }
    }

    internal override void Load(StateReader from)
    {
        _ring.Load(from, static from => from.Count(int.MaxValue));
        for (var left = from.Count(int.MaxValue); left > 0; left--)
        {
            Append(from.Count(int.MaxValue), from.Count(int.MaxValue), from.Signed());
        }
    }

    private void Append(int row, int count, long last)
    {
        _slots.Edit(row) = Own().Append(row, count, last) + 1;
        context.Uses.Hold(row);
    }

    private CountList Own()
    {
        _frozen = null;
        return _entries = _entries.Own(_owner);
    }

    private void Expire(int row, int count)
    {
        var slot = _slots.Read(row) - 1;
        var entries = Own();
        if (!entries.Subtract(slot, count))
        {
            return;
        }

        var moved = entries.RemoveAt(slot);
        _slots.Edit(row) = 0;
        context.Uses.Release(row);
        if (moved >= 0)
        {
            _slots.Edit(moved) = slot + 1;
        }
    }

    private readonly struct Sink(ListedCounts owner) : IExpirySink<int>
    {
        public void Expire(int key, int times, long amount) => owner.Expire(key, times);
    }

    internal sealed class Frozen(CowArray<int>.Frozen slots, CountList entries) : FrozenState
    {
        internal CountList Entries { get; } = entries;

        internal int Count(int row)
        {
            var slot = slots[row] - 1;
            return slot < 0 ? 0 : Entries[slot].Count;
        }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => Enumerable.Range(0, Entries.Count)
            .Select(slot => Entries[slot])
            .Select(entry => $"{items.IdOf(entry.Row)}:{entry.Count}:{entry.Last}")
            .Order(StringComparer.Ordinal);
    }
}
