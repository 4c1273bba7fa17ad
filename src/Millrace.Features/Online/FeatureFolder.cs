using System.Collections.Concurrent;
using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>
/// Folds the journal into item features. One writer calls <see cref="Apply"/> and <see cref="Freeze"/>; any thread reads <see cref="Current"/>.
/// Build it with <c>new FeatureFolder(FeatureSet.Create(definitions, PolicyWindows.Of(policies)), new FeatureOptions())</c>; after a
/// restart fold the journal again from its beginning. Facts of one partition come in order; partitions may interleave as they like.
/// </summary>
public sealed class FeatureFolder
{
    private readonly FeatureSet _features;
    private readonly FeatureOptions _options;
    private readonly FeatureState[] _states;
    private readonly ConcurrentDictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly CowArray<CatalogueItem> _items = new();
    private readonly RecentItems _recent;
    private readonly Dictionary<string, WindowedCounts> _segments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(JournalStream Stream, int Partition), long> _next = [];
    private readonly Dictionary<int, FoldedSessions> _sessions = [];
    private long _time = long.MinValue;
    private int _rowCount;
    private volatile FeatureSnapshot _current;

    public FeatureFolder(FeatureSet features, FeatureOptions options)
    {
        _features = features;
        _options = options;
        _states = [.. features.States.Select(key => key.Create())];
        _recent = new RecentItems(options.MaxRecentItems);
        _current = Snapshot(0);
    }

    /// <summary>The last frozen snapshot; an empty one before the first freeze.</summary>
    public FeatureSnapshot Current => _current;

    /// <summary>Facts that were ignored, by reason.</summary>
    public FoldCounts Counts { get; } = new();

    /// <summary>Folds one fact; it is seen in snapshots frozen from then on.</summary>
    /// <returns>False when nothing changed: the fact was folded before, is of no concern, or a bound refused it (see <see cref="Counts"/>).</returns>
    public bool Apply(in StoredFact stored)
    {
        var key = (stored.Position.Stream, stored.Position.Partition);
        if (_next.TryGetValue(key, out long next) && stored.Position.Offset < next) return Ignore(Counts.Repeated++);
        _next[key] = stored.Position.Offset + 1;
        if (stored.Fact.Tenant != _options.Tenant) return Ignore(Counts.Foreign++);
        return stored.Fact switch
        {
            ItemChanged changed => Change(changed),
            Observed { Unvouched: true } => Ignore(Counts.Unvouched++),
            Observed observed => Observe(observed, stored.Position.Partition),
            _ => false,
        };
    }

    /// <summary>Freezes what has been folded and makes it <see cref="Current"/>.</summary>
    /// <param name="until">Where windows end; the latest folded fact's time when that is later.</param>
    public FeatureSnapshot Freeze(UnixMicros until)
    {
        Advance(until.Value);
        return _current = Snapshot(_current.Epoch + 1);
    }

    private FeatureSnapshot Snapshot(long epoch)
    {
        var states = new FrozenState[_states.Length];
        for (int i = 0; i < states.Length; i++) states[i] = _states[i].Freeze();
        var segments = new Dictionary<string, WindowedCounts.Frozen>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, counts) in _segments) segments.Add(name, counts.Freeze());
        var cut = ImmutableArray.CreateBuilder<Position>(_next.Count);
        foreach (var (key, next) in _next) cut.Add(new Position(key.Stream, key.Partition, next));
        return new FeatureSnapshot(_items.Freeze(), _rows, states, segments)
        {
            Epoch = epoch,
            Cut = new Cut(cut.MoveToImmutable()),
            Time = new UnixMicros(Math.Max(0, _time)),
            Features = _features,
            Rows = _rowCount,
            Recent = _recent.Freeze(),
        };
    }

    private bool Change(ItemChanged changed)
    {
        long time = TimeOf(changed);
        if (Row(changed.Item) is not (>= 0 and var row)) return Ignore(Counts.ItemsRefused++);
        CatalogueItem? before = _items.Read(row);
        var after = new CatalogueItem
        {
            Id = changed.Item,
            Kind = changed.Kind,
            Provider = changed.Provider,
            BodyUrl = changed.BodyUrl,
            Published = changed.Published,
            Expires = changed.Expires,
            Deleted = changed.Deleted,
            Attributes = changed.Attributes,
            FirstSeen = new UnixMicros(Math.Min(before?.FirstSeen.Value ?? long.MaxValue, time)),
        };
        Put(row, before, after);
        Advance(time);
        return true;
    }

    private bool Observe(Observed observed, int partition)
    {
        if (Row(observed.Item) is not (>= 0 and var row)) return Ignore(Counts.ItemsRefused++);
        long time = TimeOf(observed);
        Advance(time);
        Learn(row, observed.Item, time);
        string? session = observed.Session ?? observed.User;
        ReadOnlySpan<int> recent = [];
        if (session is not null && observed.Event == "click")
        {
            if (!_sessions.TryGetValue(partition, out FoldedSessions? sessions))
            {
                _sessions.Add(partition, sessions = new FoldedSessions(_options.SessionIdle, 1_000_000));
            }

            recent = sessions.Recent(session, time);
            Fold(new FoldedEvent(observed.Event, row, time, recent), observed.Segment);
            sessions.Push(session, row, time);
            return true;
        }

        Fold(new FoldedEvent(observed.Event, row, time, recent), observed.Segment);
        return true;
    }

    private void Fold(in FoldedEvent folded, string? segment)
    {
        foreach (FeatureState state in _states) state.Apply(folded);
        if (segment is null || folded.Event != "click") return;
        if (!_segments.TryGetValue(segment, out WindowedCounts? counts))
        {
            if (_segments.Count >= _options.MaxSegments)
            {
                Counts.SegmentsRefused++;
                return;
            }

            _segments.Add(segment, counts = new WindowedCounts(null, _options.SegmentWindow, 60));
            counts.Advance(_time);
        }

        counts.Apply(folded);
    }

    /// <summary>An event may be the first fact about an item, or, in another partition, an earlier one than was folded first.</summary>
    private void Learn(int row, string id, long time)
    {
        CatalogueItem? before = _items.Read(row);
        if (before is null)
        {
            bool shown = _options.LearnItemsFromEvents;
            Put(row, null, new CatalogueItem { Id = id, FirstSeen = new UnixMicros(time), Learnt = true, Deleted = !shown });
        }
        else if (time < before.FirstSeen.Value)
        {
            Put(row, before, before with { FirstSeen = new UnixMicros(time) });
        }
    }

    private void Put(int row, CatalogueItem? before, CatalogueItem after)
    {
        _items.Edit(row) = after;
        _recent.Change(row, before, after, _time);
    }

    private int Row(string id)
    {
        if (_rows.TryGetValue(id, out int row)) return row;
        if (_rowCount >= _options.MaxItems) return -1;
        row = _rowCount++;
        _rows.TryAdd(id, row);
        return row;
    }

    private void Advance(long time)
    {
        if (time <= _time) return;
        _time = time;
        foreach (FeatureState state in _states) state.Advance(time);
        foreach (WindowedCounts counts in _segments.Values) counts.Advance(time);
        _recent.Advance(time, row => _items.Read(row));
    }

    /// <summary>The sender's time, but never later than when we took it; ours when the sender gave none.</summary>
    private static long TimeOf(Fact fact)
    {
        if (fact.Received.Value == 0) return fact.Time.Value;
        return fact.Time.Value == 0 ? fact.Received.Value : Math.Min(fact.Time.Value, fact.Received.Value);
    }

    /// <summary>Says "nothing was folded" beside the counter that the caller raised.</summary>
    private static bool Ignore(long before) => before < 0;
}

/// <summary>Facts that a folder did not fold, by reason.</summary>
public sealed class FoldCounts
{
    /// <summary>At or before the folded cut.</summary>
    public long Repeated { get; internal set; }

    /// <summary>Of another tenant.</summary>
    public long Foreign { get; internal set; }

    /// <summary>Events for which nobody vouches.</summary>
    public long Unvouched { get; internal set; }

    /// <summary>About an item beyond <see cref="FeatureOptions.MaxItems"/>.</summary>
    public long ItemsRefused { get; internal set; }

    /// <summary>Of a segment beyond <see cref="FeatureOptions.MaxSegments"/>; counted globally only.</summary>
    public long SegmentsRefused { get; internal set; }
}
