namespace Millrace.Features.Online;

/// <summary>What a folder did not fold, by reason; also exported by the meter <c>Millrace.Features</c>. One writer; any thread reads.</summary>
public sealed class FoldCounts
{
    /// <summary>How many reasons there are.</summary>
    internal const int Kinds = 14;

    /// <summary>How many numbers a snapshot keeps of it.</summary>
    internal const int Numbers = Kinds + BoundHits.Numbers;

    private readonly BoundHits _hits;

    private long _repeated;
    private long _foreign;
    private long _unvouched;
    private long _items;
    private long _rows;
    private long _learntItems;
    private long _segments;
    private long _neighbours;
    private long _pairs;
    private long _crosses;
    private long _sessions;
    private long _leftOut;
    private long _counts;
    private long _sums;

    internal FoldCounts()
        : this(static () => 0, TimeSpan.Zero, FoldBounds.OfItems)
    {
    }

    /// <param name="now">Where windows end, Unix µs.</param>
    /// <param name="reach">How far back anything looks.</param>
    /// <param name="ofCatalogue">The bounds that concern what the catalogue says of items.</param>
    internal FoldCounts(Func<long> now, TimeSpan reach, FoldBounds ofCatalogue)
    {
        _hits = new BoundHits(now, (reach + PersonLayout.LongestSession).Ticks / TimeSpan.TicksPerMicrosecond);
        OfCatalogue = ofCatalogue;
    }

    /// <summary>The bounds that concern what the catalogue says of items: of items that events name, only where those are learnt.</summary>
    internal FoldBounds OfCatalogue { get; }

    /// <summary>Facts at or before the folded cut.</summary>
    public long Repeated => Volatile.Read(ref _repeated);

    /// <summary>Facts of another tenant.</summary>
    public long Foreign => Volatile.Read(ref _foreign);

    /// <summary>Events for which nobody vouches, and those whose persons do not consent to learning.</summary>
    public long Unvouched => Volatile.Read(ref _unvouched);

    /// <summary>Changes of items beyond <see cref="FeatureOptions.MaxItems"/>.</summary>
    public long ItemsRefused => Volatile.Read(ref _items);

    /// <summary>Deleted items that gave their rows to others at <see cref="FeatureOptions.MaxItems"/>, with what decays slowly of them.</summary>
    public long RowsGivenUp => Volatile.Read(ref _rows);

    /// <summary>Learnt items that were forgotten for, or events refused beyond, <see cref="FeatureOptions.MaxLearntItems"/>.</summary>
    public long LearntItems => Volatile.Read(ref _learntItems);

    /// <summary>Events of segments beyond <see cref="FeatureOptions.MaxSegments"/>; counted globally only.</summary>
    public long SegmentsRefused => Volatile.Read(ref _segments);

    /// <summary>Pairs beyond the neighbours that one item may have.</summary>
    public long NeighboursRefused => Volatile.Read(ref _neighbours);

    /// <summary>Pairs beyond <see cref="FeatureOptions.MaxPairs"/>.</summary>
    public long PairsRefused => Volatile.Read(ref _pairs);

    /// <summary>Events with a value of their context beyond <see cref="FeatureOptions.MaxCrosses"/>.</summary>
    public long CrossesRefused => Volatile.Read(ref _crosses);

    /// <summary>Sessions that left before they were idle, because of <see cref="FeatureOptions.MaxSessions"/>.</summary>
    public long SessionsEvicted => Volatile.Read(ref _sessions);

    /// <summary>Sessions and segments that a snapshot left out, of more people than can be remembered or too long: a start went on without them.</summary>
    public long SessionsLeftOut => Volatile.Read(ref _leftOut);

    /// <summary>Events of an item beyond 2³¹ − 1 of their kind within a window, which is as far as its row counts.</summary>
    public long CountsRefused => Volatile.Read(ref _counts);

    /// <summary>Events after which a sum showed less than the facts say: it stood at the end of what 64 bits hold.</summary>
    public long SumsCut => Volatile.Read(ref _sums);

    /// <summary>
    /// Whether everything was counted that the facts say. Folders of equal cuts are equal as long as this holds for both; from the first refusal on, what is kept
    /// depends on how partitions were interleaved. For how long, of each feature: <see cref="Inexactness"/>.
    /// </summary>
    public bool Whole => ItemsRefused + RowsGivenUp + LearntItems + SegmentsRefused + NeighboursRefused + PairsRefused + CrossesRefused + SessionsLeftOut + CountsRefused + SumsCut == 0;

    /// <summary>All of them, in an order that stays: what a snapshot keeps.</summary>
    internal long[] All() => [_repeated, _foreign, _unvouched, _items, _rows, _learntItems, _segments, _neighbours, _pairs, _crosses, _sessions, _leftOut, _counts, _sums, .. _hits.All()];

    /// <summary>Goes on from what a snapshot kept.</summary>
    internal void Restore(ReadOnlySpan<long> all)
    {
        (_repeated, _foreign, _unvouched, _items, _rows, _learntItems) = (all[0], all[1], all[2], all[3], all[4], all[5]);
        (_segments, _neighbours, _pairs, _crosses, _sessions, _leftOut, _counts, _sums) = (all[6], all[7], all[8], all[9], all[10], all[11], all[12], all[13]);
        _hits.Restore(all[Kinds..Numbers]);
    }

    internal void Repeat() => Ignore(ref _repeated, "repeated");

    internal void Stranger() => Ignore(ref _foreign, "foreign");

    internal void Claim() => Ignore(ref _unvouched, "unvouched");

    internal void RefuseItem() => Hit(ref _items, "items", FoldBounds.Items);

    internal void GiveUpRow() => Hit(ref _rows, "rows", FoldBounds.Rows);

    internal void BoundLearnt() => Hit(ref _learntItems, "learntItems", FoldBounds.LearntItems);

    internal void RefuseSegment() => Hit(ref _segments, "segments", FoldBounds.Segments);

    internal void RefuseNeighbour() => Hit(ref _neighbours, "neighbours", FoldBounds.Neighbours);

    internal void RefusePair() => Hit(ref _pairs, "pairs", FoldBounds.Pairs);

    internal void RefuseCross() => Hit(ref _crosses, "crosses", FoldBounds.Crosses);

    internal void RefuseCount() => Hit(ref _counts, "counts", FoldBounds.Counts);

    internal void CutSum() => Hit(ref _sums, "sums", FoldBounds.Sums);

    /// <summary>Which of some bounds were hit, and when, Unix µs.</summary>
    internal IEnumerable<(FoldBounds Bound, BoundHits.Times Hits)> HitsOf(FoldBounds bounds)
    {
        for (var left = (int)bounds; left != 0; left &= left - 1)
        {
            var bound = (FoldBounds)(left & -left);
            if (_hits.Of(bound) is { } hits)
            {
                yield return (bound, hits);
            }
        }
    }

    // Each partition has sessions and a bound of its own, and its facts come in order: who leaves does not depend on how partitions are interleaved.
    internal void EvictSession() => Hit(ref _sessions, "sessions", FoldBounds.None);

    /// <param name="count">How many.</param>
    /// <param name="of">Of sessions <see cref="FoldBounds.SharedSessions"/>; of segments, which no feature reads, <see cref="FoldBounds.Segments"/>.</param>
    internal void LeaveOut(int count, FoldBounds of)
    {
        if (count > 0)
        {
            Volatile.Write(ref _leftOut, _leftOut + count);
            _hits.Note(of);
            FeatureMetrics.BoundHit("sharedSessions", count);
        }
    }

    private static void Ignore(ref long count, string reason)
    {
        Volatile.Write(ref count, count + 1);
        FeatureMetrics.Ignored(reason);
    }

    private void Hit(ref long count, string bound, FoldBounds which)
    {
        if (which != FoldBounds.None)
        {
            _hits.Note(which);
        }

        Volatile.Write(ref count, count + 1);
        FeatureMetrics.BoundHit(bound);
    }
}
