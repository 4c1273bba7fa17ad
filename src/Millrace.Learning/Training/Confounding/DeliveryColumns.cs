using System.Collections.Immutable;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Training.Confounding;

/// <summary>
/// How the body of an item was delivered, as columns held at the delivery of a hit: a model learns what waiting costs, and nobody's ranking pays for it. Without them it takes items whose bodies
/// are not cached yet, new ones above all, for disliked, and what it does not show is never cached.
/// </summary>
internal static class DeliveryColumns
{
    private const int PerOctave = 8;
    private const int Bins = 32 * PerOctave;

    /// <summary>Reads the examples once for the median wait of a hit.</summary>
    /// <exception cref="TrainingException">No example that is learnt from tells of a hit.</exception>
    internal static async Task<ImmutableArray<FixedColumn>> FindAsync(IExamples examples, TimeSlices slices, CancellationToken cancellation)
    {
        var (waits, all) = (new long[Bins], 0L);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (var row = 0; row < batch.Hits.Length; row++)
            {
                if (batch.Hits.Span[row] == 1 && batch.FirstByteMillis.Span[row] is >= 0 and var wait && slices.Of(batch.Times.Span[row]) == Slice.Train)
                {
                    waits[Math.Min(Bins - 1, (int)(PerOctave * Math.Log2(1 + wait)))]++;
                    all++;
                }
            }
        }

        return all == 0
            ? throw new TrainingException("no example tells of a body that was delivered as a hit: there is nothing to hold the delivery at")
            :
            [
                new FixedColumn(FixedColumn.HitName, 1, (batch, row) => batch.Hits.Span[row]),
                new FixedColumn(FixedColumn.FirstByteName, Median(waits, all), (batch, row) => batch.FirstByteMillis.Span[row]),
            ];
    }

    // To the middle of an eighth of an octave: what a split tells apart is far coarser.
    private static float Median(long[] waits, long all)
    {
        var (bin, below) = (0, waits[0]);
        while (below * 2 < all) below += waits[++bin];
        return (float)(Math.Pow(2, (bin + 0.5) / PerOctave) - 1);
    }
}
