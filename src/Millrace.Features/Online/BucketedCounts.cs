using System.Collections.Immutable;

namespace Millrace.Features.Online;

/// <summary>Counts per item in sparse time buckets, newest last: what a decay is computed from at read, so that no float is accumulated.</summary>
/// <remarks>A bucket is an eighth of a half-life, and 64 of them are kept: what is older weighs less than 1/256 of a fresh event.</remarks>
internal sealed class BucketedCounts(string @event, TimeSpan halfLife) : FeatureState
{
    /// <summary>How many buckets a half-life is cut into.</summary>
    internal const int PerHalfLife = 8;

    /// <summary>How many buckets are kept.</summary>
    internal const int Kept = 64;

    private readonly long _width = Math.Max(1, halfLife.Ticks / TimeSpan.TicksPerMicrosecond / PerHalfLife);
    private readonly CowArray<ImmutableArray<Bucket>> _rows = new();
    private long _end = long.MinValue;
    private int _count;

    internal override void Advance(long time) => _end = Math.Max(_end, time / _width);

    internal override void Apply(in FoldedEvent folded)
    {
        if (folded.Event != @event) return;
        long index = folded.Time / _width;
        if (index <= _end - Kept) return;
        ref ImmutableArray<Bucket> buckets = ref _rows.Edit(folded.Row);
        buckets = With(buckets.IsDefault ? [] : buckets, index);
        _count = Math.Max(_count, folded.Row + 1);
    }

    internal override void Forget(int row)
    {
        if (!_rows.Read(row).IsDefault)
        {
            _rows.Edit(row) = default;
        }
    }

    internal override FrozenState Freeze() => new Frozen(_rows.Freeze(), _count, _end);

    private ImmutableArray<Bucket> With(ImmutableArray<Bucket> buckets, long index)
    {
        int at = buckets.Length;
        while (at > 0 && buckets[at - 1].Index > index) at--;
        if (at > 0 && buckets[at - 1].Index == index) buckets = buckets.SetItem(at - 1, new Bucket(index, buckets[at - 1].Count + 1));
        else buckets = buckets.Insert(at, new Bucket(index, 1));
        int expired = 0;
        while (buckets[expired].Index <= _end - Kept) expired++;
        return expired == 0 ? buckets : buckets.RemoveRange(0, expired);
    }

    /// <summary>How many events bucket number <paramref name="Index"/> counts, buckets counted from the Unix epoch.</summary>
    internal readonly record struct Bucket(long Index, int Count);

    internal sealed class Frozen(CowArray<ImmutableArray<Bucket>>.Frozen rows, int count, long end) : FrozenState
    {
        /// <summary>The sum of counts, each weighed by 2^(−age/half-life), oldest first.</summary>
        /// <param name="row">The item.</param>
        /// <param name="weights">The weight by age in buckets, <see cref="Kept"/> of them.</param>
        internal double Decayed(int row, ReadOnlySpan<double> weights)
        {
            ImmutableArray<Bucket> buckets = rows[row];
            if (buckets.IsDefault) return 0;
            double sum = 0;
            foreach (Bucket bucket in buckets.AsSpan())
            {
                long age = end - bucket.Index;
                if (age < Kept) sum += bucket.Count * weights[(int)age];
            }

            return sum;
        }

        internal override IEnumerable<string> Canonical(Func<int, string> idOf) =>
            Enumerable.Range(0, count)
                .Where(row => !rows[row].IsDefault)
                .Select(row => (row, live: rows[row].Where(b => b.Index > end - Kept).ToArray()))
                .Where(pair => pair.live.Length > 0)
                .Select(pair => $"{idOf(pair.row)}:{string.Join(',', pair.live.Select(b => $"{b.Index}={b.Count}"))}")
                .Order(StringComparer.Ordinal);
    }
}
