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

    internal override StateImage Image()
    {
        var (ring, entries) = (_ring.Freeze(), Freeze().Entries);
        return to =>
        {
            to.Count(entries.Count);
            for (var slot = 0; slot < entries.Count; slot++)
            {
                to.Count(entries[slot].Row);
                to.Signed(entries[slot].Last);
            }

            ring.Save(to, static (to, row) => to.Count(row));
        };
    }

    internal override void Load(StateReader from)
    {
        for (var left = from.Count(context.LoadedRows); left > 0; left--)
        {
            var row = context.LoadRow(from);
            if (_slots.Read(row) != 0)
            {
                throw from.Bad("each row once", $"row {row} again");
            }

            Append(row, 0, from.Signed());
        }

        var loading = new Loading(this, from);
        _ring.Load(from, context.LoadRow, loading);
        loading.Finish();
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

    /// <summary>Counts what a snapshot's ring holds; every row of the list has something there, and every row there is in the list.</summary>
    private sealed class Loading(ListedCounts owner, StateReader from) : IExpirySink<int>
    {
        private int _counted;

        public void Expire(int key, int times, long amount)
        {
            var slot = owner._slots.Read(key) - 1;
            if (slot < 0)
            {
                throw from.Bad("a listed row", $"row {key}");
            }

            _counted += owner._entries[slot].Count == 0 ? 1 : 0;
            owner.Own().Add(slot, times, long.MinValue);
        }

        internal void Finish()
        {
            if (_counted != owner._entries.Count)
            {
                throw from.Bad("a count for each row", $"{owner._entries.Count - _counted} without");
            }
        }
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
