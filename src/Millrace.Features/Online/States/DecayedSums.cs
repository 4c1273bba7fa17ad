using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>How often each item had an event, or what its events' values add up to, by <see cref="ForwardDecay"/>.</summary>
internal sealed class DecayedSums(DecayedSumsKey key, FoldContext context) : ItemState, IRestoredRows
{
    /// <inheritdoc cref="ForwardDecay.Kept"/>
    internal const int Kept = ForwardDecay.Kept;

    private readonly long _halfLife = key.HalfLife.Ticks / TimeSpan.TicksPerMicrosecond;

    // The sum at the beginning of the newest half-life in which there was an event, as a double, and that half-life's number.
    internal override int Cells => 3;

    internal override int Words => ForwardDecay.Words;

    internal override string? Event => key.Event;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
        if (EventAmount.Thousandths(key.Unit, folded) is { } amount)
        {
            var words = row.Slice(Offset, ForwardDecay.Words);
            if (!ForwardDecay.Add(words, folded.Time, _halfLife, amount))
            {
                context.Counts.CutSum();
            }

            Fill(row, words);
        }
    }

    // The words say it all.
    internal override bool FillsCells => true;

    public bool Restore(Span<long> row)
    {
        var words = row.Slice(Offset, ForwardDecay.Words);
        Fill(row, words);
        return words[0] >= 0 && words[0] <= long.MaxValue / 2 / _halfLife;
    }

    private void Fill(Span<long> row, ReadOnlySpan<long> words)
    {
        row.Cells().SetLong(Front, BitConverter.DoubleToInt64Bits((double)ForwardDecay.Newest(words)));
        row.Cells()[Front + 2] = (uint)words[0];
    }

    internal override long[] Numbers(ReadOnlySpan<long> row) => row.Slice(Offset, Words).ToArray();

    internal override FrozenState Freeze(long time) => new Frozen(Front, Offset, new ForwardDecay.Moment(time, _halfLife));

    /// <param name="front">Where the cells of the state begin.</param>
    /// <param name="offset">Where its words do.</param>
    /// <param name="end">Where windows end.</param>
    internal sealed class Frozen(int front, int offset, ForwardDecay.Moment end) : FrozenState
    {
        /// <summary>The decayed count of each candidate; of values, the decayed sum in thousandths. Of an unknown item it means nothing.</summary>
        internal void Sums(in FeatureRead read, Span<double> sums)
        {
            var served = read.Longs(front);
            var numbers = read.Column(front + 2);
            var left = read.Integers(sums.Length);
            var count = 0;
            for (var i = 0; i < sums.Length; i++)
            {
                // Of items that had events in none of the last half-lives, which most are, nothing more is read.
                sums[i] = end.IsIn(numbers[i]) ? end.Scaled(BitConverter.Int64BitsToDouble(served[i])) : 0;
                if (!end.IsIn(numbers[i]) && end.Keeps(numbers[i]) && read.Rows[i] >= 0)
                {
                    read.Snapshot.Prefetch(read.Rows[i], offset, ForwardDecay.Words);
                    left[count++] = i;
                }
            }

            foreach (var i in left[..count])
            {
                sums[i] = end.Sum(read.Snapshot.Row(read.Rows[i])[offset..]);
            }
        }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken
            .Where(row => Fixed(items.Words(row)) != 0 || Served(items, row) != 0)
            .Select(row => $"{items.IdOf(row)}:{Fixed(items.Words(row))}:{BitConverter.DoubleToInt64Bits(Served(items, row)):x}")
            .Order(StringComparer.Ordinal);

        /// <summary>The sum at the beginning of the last half-life as <see cref="Sums"/> finds it, by way of the cells.</summary>
        private double Served(CanonicalItems items, int row)
        {
            var cells = items.Cells(row);
            return end.IsIn(cells[front + 2]) ? BitConverter.Int64BitsToDouble(cells.Long(front)) : end.Keeps(cells[front + 2]) ? (double)Fixed(items.Words(row)) : 0;
        }

        private Int128 Fixed(ReadOnlySpan<long> row) => end.Fixed(row[offset..]);
    }
}
