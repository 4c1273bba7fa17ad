using Millrace.Features.Definitions;
using Millrace.Features.Images;

namespace Millrace.Features.Online;

/// <summary>
/// How often each item had an event with each value of a part of its context within a sliding window. Bounded by <see cref="FeatureOptions.MaxCrosses"/>; an event with a
/// value beyond is passed over and counted. Events may weigh more than one: the table holds their weights, the item's row how many there are.
/// </summary>
internal sealed class CrossedCounts(CrossedCountsKey key, FoldContext context) : ItemState
{
    private readonly BucketRing<CrossKey> _ring = new(key.Window, CrossedCountsKey.Buckets);
    private readonly string? _attribute = ContextPart.KeyOf(key.By);
    private readonly CrossTable _table = new();

    // How many events of the item are counted, with any value: most items have none, and need not be looked for.
    internal override int Cells => 1;

    internal override string? Event => key.Event;

    internal override long Due => _ring.Due;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (ContextPart.HashOf(key.By, _attribute, folded.Fact) is not { } value)
        {
            return;
        }

        var (cross, weight) = (new CrossKey(value, folded.Row), key.WeightOf(folded.Fact));
        if (_table.Count >= context.Options.MaxCrosses && _table.Find(cross) == 0)
        {
            context.Counts.RefuseCross();
        }
        else if (row.Cells()[Front] >= context.MostCounted || (weight > 1 && _table.Find(cross) > int.MaxValue - weight))
        {
            context.Counts.RefuseCount();
        }
        else if (_ring.Add(cross, folded.Time, weight))
        {
            Add(row, cross, 1, weight);
        }
    }

    internal override FrozenState Freeze(long time) => new Frozen(Front, _table.Freeze());

    internal override FrozenState View(long time) => new Frozen(Front, _table.View());

    // The ring says it all.
    internal override bool FillsWords => true;

    // Surfaces and slots are the site's; segments and the context are sealed in facts.
    internal override bool TellsOfPersons => key.By is not ("surface" or "slot");

    internal override StateImage Image()
    {
        var ring = _ring.Freeze();
        return to => ring.Save(to, static (to, cross) =>
        {
            to.Hash(cross.Value);
            to.Count(cross.Row);
        });
    }

    internal override void Load(StateReader from) => _ring.Load(from, from => new CrossKey(from.Hash(), context.LoadRow(from)), new Loading(this, from));

    private void Add(Span<long> row, CrossKey cross, int times, int weight)
    {
        row.Cells()[Front] += (uint)times;
        if (_table.Add(cross, weight) == weight)
        {
            context.Uses.Hold(cross.Row);
        }
    }

    private void Load(StateReader from, CrossKey cross, int times, long amount)
    {
        if (key.MostWeight > 1 && (amount < times || amount > (long)times * key.MostWeight || amount > int.MaxValue - _table.Find(cross)))
        {
            throw from.Bad($"{times} events of a weight of 1 to {key.MostWeight}", $"{amount}");
        }

        var row = context.Rows.Edit(cross.Row);
        if (times + (long)row.Cells()[Front] > context.MostCounted)
        {
            throw from.Bad($"at most {context.MostCounted} events of an item", $"{times} beside {row.Cells()[Front]} in row {cross.Row}");
        }

        Add(row, cross, times, WeightOf(times, amount));
    }

    private int WeightOf(int times, long amount) => key.MostWeight > 1 ? (int)amount : times;

    private void Expire(CrossKey cross, int times, long amount)
    {
        context.Rows.Edit(cross.Row).Cells()[Front] -= (uint)times;
        if (_table.Add(cross, -WeightOf(times, amount)) == 0)
        {
            context.Uses.Release(cross.Row);
        }
    }

    private readonly struct Sink(CrossedCounts owner) : IExpirySink<CrossKey>
    {
        public void Expire(CrossKey key, int times, long amount) => owner.Expire(key, times, amount);
    }

    private readonly struct Loading(CrossedCounts owner, StateReader from) : IExpirySink<CrossKey>
    {
        public void Expire(CrossKey key, int times, long amount) => owner.Load(from, key, times, amount);
    }

    /// <param name="front">Where the cell of the state stands.</param>
    /// <param name="table">The counts.</param>
    internal sealed class Frozen(int front, CrossTable.Frozen table) : FrozenState
    {
        /// <summary>Where <see cref="All"/> stands in every row.</summary>
        internal int At => front;

        /// <summary>How many events there are of the item of a row, with any value.</summary>
        internal uint All(CellRow row) => row[front];

        /// <summary>How often the item of a row had the event with the value, or what those events weigh.</summary>
        internal int Count(int row, ulong value) => table.Find(new CrossKey(value, row));

        /// <summary>All of them, in no order.</summary>
        internal IEnumerable<(CrossKey Key, int Count)> Counts => table.All;

        /// <summary>Begins to load what <see cref="Count"/> will look at first.</summary>
        internal void Prefetch(int row, ulong value) => table.Prefetch(new CrossKey(value, row));

        internal override IEnumerable<string> Canonical(CanonicalItems items) => table.All
            .Select(cross => $"{items.IdOf(cross.Key.Row)}×{cross.Key.Value:x16}:{cross.Count}")
            .Concat(items.Taken.Where(row => All(items.Cells(row)) != 0).Select(row => $"{items.IdOf(row)}:{All(items.Cells(row))}"))
            .Order(StringComparer.Ordinal);
    }
}
