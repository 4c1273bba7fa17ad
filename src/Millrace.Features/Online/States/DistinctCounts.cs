using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Sketches;

namespace Millrace.Features.Online;

/// <summary>
/// About how many persons had an event with each item: a sketch for each part of the window and their union, whose estimate stands in the item's row as a whole number.
/// Maxima throughout, so that order leaves no trace.
/// </summary>
internal sealed class DistinctCounts(DistinctCountsKey key, FoldContext context) : ItemState
{
    private const int MostBytes = 3 + (1 << HyperLogLog.MaxPrecision);

    private readonly long _width = Math.Max(1, key.Window.Ticks / TimeSpan.TicksPerMicrosecond / DistinctCountsKey.Panes);
    private readonly Dictionary<int, Counted> _counted = [];

    // Which rows have a sketch of the pane, each once.
    private readonly List<int>?[] _panes = new List<int>?[DistinctCountsKey.Panes];
    private long _end = long.MinValue;

    internal override int Cells => 1;

    internal override string? Event => key.Event;

    internal override long Due => _end == long.MinValue ? long.MinValue : (_end + 1) * _width;

    internal override void Advance(long time)
    {
        var end = time / _width;
        var from = _end == long.MinValue ? end : Math.Max(_end + 1, end - _panes.Length + 1);
        for (var pane = from; pane <= end; pane++)
        {
            Expire((int)(pane % _panes.Length));
        }

        _end = Math.Max(_end, end);
    }

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        var pane = folded.Time / _width;
        if (pane <= _end - _panes.Length || (folded.Fact.User ?? folded.Fact.Session) is not { } person)
        {
            return;
        }

        if (!_counted.TryGetValue(folded.Row, out var counted))
        {
            counted = new Counted(key.Precision);
            _counted.Add(folded.Row, counted);
            context.Uses.Hold(folded.Row);
        }

        var hash = ItemHash.Of(person);
        if (SketchOf(counted, folded.Row, (int)(pane % _panes.Length)).Add(hash) && counted.Union.Add(hash))
        {
            row.Cells()[Front] = counted.Rounded;
        }
    }

    internal override FrozenState Freeze(long time) => new Frozen(Front);

    // The sketches say it all: the rows' words are estimated again.
    internal override bool FillsWords => true;

    // A register of few persons says of an id whether it may be among them.
    internal override bool TellsOfPersons => true;

    internal override void Save(StateWriter to)
    {
        to.Signed(_end);
        to.Count(_panes.Sum(rows => rows?.Count ?? 0));
        for (var slot = 0; slot < _panes.Length; slot++)
        {
            foreach (var row in _panes[slot] ?? [])
            {
                var sketch = _counted[row].Panes[slot]!;
                var bytes = new byte[sketch.ByteLength];
                sketch.Write(bytes);
                to.Count(slot);
                to.Count(row);
                to.Bytes(bytes);
            }
        }
    }

    internal override void Load(StateReader from)
    {
        _end = from.Signed();
        if (_end != long.MinValue && (_end < 0 || _end > long.MaxValue / 4 / _width))
        {
            throw from.Bad("a window's end", $"part {_end}");
        }

        for (var left = from.Count(int.MaxValue); left > 0; left--)
        {
            var (slot, row) = (from.Count(_panes.Length - 1), context.LoadRow(from));
            if (HyperLogLog.Read(from.Bytes(MostBytes)) is not { } sketch || sketch.Precision != key.Precision || sketch.Filled == 0)
            {
                throw from.Bad($"a sketch of precision {key.Precision}", "something else");
            }

            if (!_counted.TryGetValue(row, out var counted))
            {
                counted = new Counted(key.Precision);
                _counted.Add(row, counted);
                context.Uses.Hold(row);
            }

            if (counted.Panes[slot] is not null)
            {
                throw from.Bad("each sketch once", "one twice");
            }

            SketchOf(counted, row, slot).Merge(sketch);
            counted.Union.Merge(sketch);
            context.Rows.Edit(row).Cells()[Front] = counted.Rounded;
        }
    }

    private HyperLogLog SketchOf(Counted counted, int row, int slot)
    {
        if (counted.Panes[slot] is { } sketch)
        {
            return sketch;
        }

        (_panes[slot] ??= []).Add(row);
        return counted.Panes[slot] = new HyperLogLog(key.Precision);
    }

    private void Expire(int slot)
    {
        var rows = _panes[slot] ?? [];
        _panes[slot] = null;
        foreach (var row in rows)
        {
            var counted = _counted[row];
            counted.Panes[slot] = null;
            counted.Unite();
            context.Rows.Edit(row).Cells()[Front] = counted.Rounded;
            if (counted.Union.Filled == 0)
            {
                _counted.Remove(row);
                context.Uses.Release(row);
            }
        }
    }

    private sealed class Counted(int precision)
    {
        internal readonly HyperLogLog?[] Panes = new HyperLogLog?[DistinctCountsKey.Panes];

        internal HyperLogLog Union { get; private set; } = new(precision);

        internal uint Rounded => (uint)Math.Floor(Union.Estimate() + 0.5);

        internal void Unite()
        {
            Union = new HyperLogLog(precision);
            foreach (var pane in Panes)
            {
                if (pane is not null)
                {
                    Union.Merge(pane);
                }
            }
        }
    }

    internal sealed class Frozen(int front) : FrozenState
    {
        /// <summary>Where the count stands in every row.</summary>
        internal int CountAt => front;

        internal long Count(CellRow row) => row[front];

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Count(items.Cells(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Count(items.Cells(row))}")
            .Order(StringComparer.Ordinal);
    }
}
