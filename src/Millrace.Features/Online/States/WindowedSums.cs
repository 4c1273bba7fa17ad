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
    private Int128 _total;

    // Events, then what they add up to: a sum may be 0 while the ring still refers to the row.
    internal override int Words => key.Sums ? 2 : 1;

    internal override string? Event => key.Event;

    internal override long Due => _ring.Due;

    internal override void Advance(long time) => _ring.Advance(time, new Sink(this));

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (key.AmountOf(folded) is not { } amount || !_ring.Add(folded.Row, folded.Time, amount))
        {
            return;
        }

        if (row[Offset]++ == 0)
        {
            context.Uses.Hold(folded.Row);
        }

        _total += amount;
        if (key.Sums)
        {
            row[Offset + 1] += amount;
        }
    }

    internal override FrozenState Freeze(long time) => new Frozen(Offset, Words, _total);

    // The ring says it all: what the rows and the total are is added up again.
    internal override bool FillsWords => true;

    internal override StateImage Image()
    {
        var ring = _ring.Freeze();
        return to => ring.Save(to, static (to, row) => to.Count(row));
    }

    internal override void Load(StateReader from) => _ring.Load(from, context.LoadRow, new Loading(this));

    private void Add(int row, int times, long amount)
    {
        var words = context.Rows.Edit(row);
        if (words[Offset] == 0)
        {
            context.Uses.Hold(row);
        }

        words[Offset] += times;
        _total += amount;
        if (key.Sums)
        {
            words[Offset + 1] += amount;
        }
    }

    private void Expire(int row, int times, long amount)
    {
        var words = context.Rows.Edit(row);
        _total -= amount;
        if (key.Sums)
        {
            words[Offset + 1] -= amount;
        }

        if ((words[Offset] -= times) == 0)
        {
            context.Uses.Release(row);
        }
    }

    private readonly struct Sink(WindowedSums owner) : IExpirySink<int>
    {
        public void Expire(int key, int times, long amount) => owner.Expire(key, times, amount);
    }

    private readonly struct Loading(WindowedSums owner) : IExpirySink<int>
    {
        public void Expire(int key, int times, long amount) => owner.Add(key, times, amount);
    }

    /// <param name="offset">Where the words of the state begin.</param>
    /// <param name="words">1 or 2.</param>
    /// <param name="total">What all items' events within the window add up to.</param>
    internal sealed class Frozen(int offset, int words, Int128 total) : FrozenState
    {
        /// <summary>What all items' events within the window add up to.</summary>
        internal Int128 Total => total;

        /// <summary>Where the count stands in every row.</summary>
        internal int CountAt => offset;

        /// <summary>Where the sum stands in every row.</summary>
        internal int SumAt => offset + words - 1;

        /// <summary>How many events the item of the row had within the window.</summary>
        internal long Count(ReadOnlySpan<long> row) => row[offset];

        /// <summary>What they add up to.</summary>
        internal long Sum(ReadOnlySpan<long> row) => row[SumAt];

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Count(items.Words(row)) != 0)
            .Select(row => $"{items.IdOf(row)}:{Count(items.Words(row))}:{Sum(items.Words(row))}")
            .Order(StringComparer.Ordinal);
    }
}
