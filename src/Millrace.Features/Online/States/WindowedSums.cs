using Millrace.Features.Definitions;
using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>
/// How often each item had one kind of event within a sliding window, and the sum of what each adds: running sums in the item's row, with a ring of buckets to take back
/// what expires.
/// </summary>
internal sealed class WindowedSums(WindowedSumsKey key, FoldContext context) : ItemState
{
    private readonly BucketRing<int> _ring = new(key.Window, WindowedSumsKey.Buckets);

    // What items' events add up to where a row shows less, for 64 bits hold no more.
    private readonly Dictionary<int, Int128> _beyond = [];
    private Int128 _total;

    // Events, at most FoldContext.MostCounted of them, then what they add up to: a sum may be 0 while the ring still refers to the row.
    internal override int Cells => key.Sums ? 3 : 1;

    internal override string? Event => key.Event;

    internal override long Due => _ring.Due;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (key.AmountOf(folded) is not { } amount)
        {
            return;
        }

        if (row.Cells()[Front] >= context.MostCounted)
        {
            context.Counts.RefuseCount();
        }
        else if (_ring.Add(folded.Row, folded.Time, amount) && !Add(row, folded.Row, 1, amount))
        {
            context.Counts.CutSum();
        }
    }

    internal override long[] Numbers(ReadOnlySpan<long> row) => key.Sums ? [row.Cells()[Front], row.Cells().Long(Front + 1)] : [row.Cells()[Front]];

    internal override FrozenState Freeze(long time) => new Frozen(Front, key.Sums, _total);

    // The ring says it all: what the rows and the total are is added up again.
    internal override bool FillsWords => true;

    internal override StateImage Image()
    {
        var ring = _ring.Freeze();
        return to => ring.Save(to, static (to, row) => to.Count(row));
    }

    internal override void Load(StateReader from) => _ring.Load(from, context.LoadRow, new Loading(this, from), repeats: key.Sums);

    private void Load(StateReader from, int row, int times, long amount)
    {
        var words = context.Rows.Edit(row);
        if (times + (long)words.Cells()[Front] > context.MostCounted)
        {
            throw from.Bad($"at most {context.MostCounted} events of an item", $"{times} beside {words.Cells()[Front]} in row {row}");
        }

        Add(words, row, times, amount);
    }

    /// <returns>Whether the row shows what the events add up to.</returns>
    private bool Add(Span<long> words, int row, int times, long amount)
    {
        var cells = words.Cells();
        ref var count = ref cells[Front];
        if (count == 0)
        {
            context.Uses.Hold(row);
        }

        count += (uint)times;
        _total += amount;
        return !key.Sums || Show(cells, row, amount);
    }

    /// <summary>Moves the sum by an amount. It stands at the end of 64 bits in the row, and beyond them beside: what a window takes back is what was added, in whatever order.</summary>
    private bool Show(Span<uint> cells, int row, Int128 amount)
    {
        var shown = cells.Long(Front + 1);
        var sum = amount + (_beyond.Count > 0 && _beyond.Remove(row, out var beyond) ? beyond : shown);
        shown = (long)Int128.Clamp(sum, -long.MaxValue, long.MaxValue);
        cells.SetLong(Front + 1, shown);
        if (sum == shown)
        {
            return true;
        }

        _beyond.Add(row, sum);
        return false;
    }

    private void Expire(int row, int times, long amount)
    {
        var cells = context.Rows.Edit(row).Cells();
        _total -= amount;
        if (key.Sums)
        {
            Show(cells, row, -(Int128)amount);
        }

        if ((cells[Front] -= (uint)times) == 0)
        {
            context.Uses.Release(row);
        }
    }

    private readonly struct Sink(WindowedSums owner) : IExpirySink<int>
    {
        public void Expire(int key, int times, long amount) => owner.Expire(key, times, amount);
    }

    private readonly struct Loading(WindowedSums owner, StateReader from) : IExpirySink<int>
    {
        public void Expire(int key, int times, long amount) => owner.Load(from, key, times, amount);
    }

    /// <param name="front">Where the cells of the state begin.</param>
    /// <param name="sums">Whether there are sums beside the counts.</param>
    /// <param name="total">What all items' events within the window add up to.</param>
    internal sealed class Frozen(int front, bool sums, Int128 total) : FrozenState
    {
        /// <summary>What all items' events within the window add up to.</summary>
        internal Int128 Total => total;

        /// <summary>Where the count stands in every row.</summary>
        internal int CountAt => front;

        /// <summary>Where the sum stands in every row, of a state that has sums: two cells.</summary>
        internal int SumAt => front + 1;

        /// <summary>How many events the item of the row had within the window.</summary>
        internal long Count(CellRow row) => row[front];

        /// <summary>What they add up to.</summary>
        internal long Sum(CellRow row) => sums ? row.Long(SumAt) : Count(row);

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Count(items.Cells(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Count(items.Cells(row))}:{Sum(items.Cells(row))}")
            .Order(StringComparer.Ordinal);
    }
}
