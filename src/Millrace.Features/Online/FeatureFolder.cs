using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>
/// Folds the journal into item features. One writer calls <see cref="Apply"/> and <see cref="Freeze"/>; any thread reads <see cref="Current"/>. Build it with
/// <c>new FeatureFolder(FeatureSet.Create(definitions, PolicyWindows.Of(policies)), new FeatureOptions())</c>. After a restart fold items from their beginning, and
/// events from <see cref="FeatureSet.Reach"/> before now or earlier. Facts of one partition come in order; partitions may interleave as they like, except that an item
/// comes before its events, which are not counted otherwise. Folders of equal cuts are then equal, as long as no bound was hit (<see cref="FoldCounts.Whole"/>).
/// </summary>
public sealed class FeatureFolder
{
    private const string Click = "click";

    private readonly FeatureSet _features;
    private readonly FeatureOptions _options;
    private readonly string _definitions;
    private readonly FoldContext _context;
    private readonly ItemState[] _states;
    private readonly Dictionary<string, ItemState[]> _wanting = new(StringComparer.Ordinal);
    private readonly ItemRows _items;
    private readonly RecentItems _recent;
    private readonly Dictionary<string, ListedCounts> _segments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(JournalStream Stream, int Partition), long> _next = [];
    private readonly Dictionary<int, FoldedSessions> _sessions = [];
    private long _time = long.MinValue;
    private long _due = long.MinValue;
    private long _epoch;
    private volatile FeatureSnapshot _current;

    public FeatureFolder(FeatureSet features, FeatureOptions options)
    {
        _features = features;
        _options = options;
        _definitions = options.Fingerprint(features);
        _context = new FoldContext(options, Counts);
        _items = new ItemRows(options.MaxItems, options.MaxLearntItems, _context.Uses, Forget);
        _states = [.. features.States.Select(key => key.Create(_context))];
        var words = ItemWords.Count;
        foreach (var state in _states)
        {
            state.Offset = words;
            words += state.Words;
        }

        _context.Rows = new RowStore(words);
        _recent = new RecentItems(options.MaxRecentItems);
        _current = Snapshot();
    }

    /// <summary>The last published snapshot; an empty one before the first.</summary>
    public FeatureSnapshot Current => _current;

    /// <summary>What was not folded, by reason.</summary>
    public FoldCounts Counts { get; } = new();

    /// <summary>Folds one fact; it is seen in snapshots frozen from then on.</summary>
    /// <returns>False when nothing changed: the fact was folded before, is of no concern, or a bound refused it (see <see cref="Counts"/>).</returns>
    public bool Apply(in StoredFact stored)
    {
        var key = (stored.Position.Stream, stored.Position.Partition);
        if (_next.TryGetValue(key, out var next) && stored.Position.Offset < next)
        {
            Counts.Repeat();
            return false;
        }

        _next[key] = stored.Position.Offset + 1;
        if (stored.Fact.Tenant != _options.Tenant)
        {
            Counts.Stranger();
            return false;
        }

        if (stored.Fact is Observed { Counts: false })
        {
            Counts.Claim();
            return false;
        }

        return stored.Fact switch
        {
            ItemChanged changed => Change(changed),
            Observed observed => Observe(observed, stored.Position.Partition),
            PriorFitted prior => Take(prior),
            _ => false,
        };
    }

    /// <summary>Epochs are numbered from <paramref name="epoch"/> + 1 on: the last one that was recorded before this folder began.</summary>
    public void ContinueAfter(long epoch) => _epoch = Math.Max(_epoch, epoch);

    /// <summary>Freezes what has been folded, and leaves <see cref="Current"/> as it is until <see cref="Publish"/>.</summary>
    /// <param name="until">Where windows end; the latest folded fact's time when that is later.</param>
    public FeatureSnapshot Draft(UnixMicros until)
    {
        Advance(until.Value);
        _epoch++;
        return Snapshot();
    }

    /// <summary>Makes a drafted snapshot <see cref="Current"/>.</summary>
    public void Publish(FeatureSnapshot snapshot) => _current = snapshot;

    /// <summary>Freezes what has been folded and makes it <see cref="Current"/> at once.</summary>
    /// <inheritdoc cref="Draft" path="/param"/>
    public FeatureSnapshot Freeze(UnixMicros until)
    {
        var snapshot = Draft(until);
        Publish(snapshot);
        return snapshot;
    }

    /// <summary>Shows an epoch of a cut that has been folded, as it was frozen when decisions named it: to read until the next fact, so that nothing is copied for its sake.</summary>
    /// <param name="epoch">Its number.</param>
    /// <param name="until">Its time.</param>
    internal FeatureSnapshot At(long epoch, UnixMicros until)
    {
        Advance(until.Value);
        _epoch = epoch;
        return Snapshot(isView: true);
    }

    /// <param name="isView">Whether it is read only until the next fact; else for ever.</param>
    private FeatureSnapshot Snapshot(bool isView = false)
    {
        var segments = new Dictionary<string, ListedCounts.Frozen>(_segments.Count, StringComparer.Ordinal);
        foreach (var (name, counts) in _segments)
        {
            segments.Add(name, isView ? counts.View() : counts.Freeze());
        }

        var (items, index) = isView ? _items.View() : _items.Freeze();
        var words = isView ? _context.Rows.Now : _context.Rows.Freeze();
        return new FeatureSnapshot(items, index, words, [.. _states.Select(state => isView ? state.View(_time) : state.Freeze(_time))], segments)
        {
            Epoch = _epoch,
            Cut = new Cut([.. _next.Select(next => new Position(next.Key.Stream, next.Key.Partition, next.Value))]),
            Time = new UnixMicros(Math.Max(0, _time)),
            Features = _features,
            Definitions = _definitions,
            Rows = _items.Count,
            Words = _context.Rows.Words,
            Recent = _recent.Freeze(),
        };
    }

    private bool Change(ItemChanged changed)
    {
        var time = FactTime.Of(changed);
        Advance(time);
        var before = Known(changed.Item);
        if (changed.Deleted && (before is null || before.Ghost))
        {
            return true;
        }

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
            FirstSeen = new UnixMicros(before is { Learnt: false } ? Math.Min(before.FirstSeen.Value, time) : time),
        };
        var row = _items.Put(after);
        if (row < 0)
        {
            Counts.RefuseItem();
            return false;
        }

        var words = _context.Rows.Edit(row);
        ItemWords.Write(after, words);
        foreach (var state in _states)
        {
            state.Describe(changed, words);
        }

        Place(row, before, after);
        return true;
    }

    private bool Take(PriorFitted prior)
    {
        foreach (var state in _states)
        {
            state.Take(prior);
        }

        return true;
    }

    private bool Observe(Observed observed, int partition)
    {
        var time = FactTime.Of(observed);
        if (Row(observed.Item, time) is not (>= 0 and var row))
        {
            return false;
        }

        Advance(time);
        if ((observed.Session ?? observed.User) is not { } session)
        {
            Fold(new FoldedEvent { Fact = observed, Time = time, Item = _items.Read(row)!.Hash, Row = row });
            return true;
        }

        if (!_sessions.TryGetValue(partition, out var sessions))
        {
            sessions = new FoldedSessions(_options.SessionIdle, _options.MaxSessions, _context.Uses, Counts);
            _sessions.Add(partition, sessions);
        }

        var click = observed.Event == Click;
        Fold(new FoldedEvent { Fact = observed, Time = time, Item = _items.Read(row)!.Hash, Row = row, Recent = sessions.Recent(session, time), Pushes = click });
        if (click)
        {
            sessions.Push(session, row, time);
        }

        return true;
    }

    private void Fold(in FoldedEvent folded)
    {
        var states = Wanting(folded.Event);
        if (states.Length > 0)
        {
            var row = _context.Rows.Edit(folded.Row);
            foreach (var state in states)
            {
                state.Apply(folded, row);
            }
        }

        if (folded.Fact.Segment is { } segment && folded.Event == _features.ListedEvent)
        {
            SegmentOf(segment)?.Apply(folded, []);
        }
    }

    private ItemState[] Wanting(string @event)
    {
        if (_wanting.TryGetValue(@event, out var states))
        {
            return states;
        }

        states = [.. _states.Where(state => state.Wants(@event))];

        // Names of events are the callers' own: those that nobody wants must not fill the memory.
        if (states.Length > 0)
        {
            _wanting.Add(@event, states);
        }

        return states;
    }

    private ListedCounts? SegmentOf(string segment)
    {
        if (_segments.TryGetValue(segment, out var counts))
        {
            return counts;
        }

        if (_segments.Count >= _options.MaxSegments)
        {
            Counts.RefuseSegment();
            return null;
        }

        counts = new ListedCounts(null, _options.SegmentWindow, _context);
        counts.Advance(_time);
        _due = Math.Min(_due, counts.Due);
        _segments.Add(segment, counts);
        return counts;
    }

    /// <summary>The row of an event's item; one that the catalogue does not hold, or does not hold yet, gets one too. −1 when the bound on those is hit.</summary>
    private int Row(string id, long time)
    {
        var row = _items.Find(id);
        var before = row < 0 ? null : _items.Read(row);
        if (before is { Learnt: false } || (before is not null && (before.Ghost || before.FirstSeen.Value <= time)))
        {
            return row;
        }

        Advance(time);
        var after = before is null
            ? new CatalogueItem { Id = id, FirstSeen = new UnixMicros(time), Learnt = true, Ghost = !_options.LearnItemsFromEvents }
            : before with { FirstSeen = new UnixMicros(time) };
        row = _items.Learn(after, out var bounded);
        if (bounded)
        {
            Counts.BoundLearnt();
        }

        if (row >= 0)
        {
            ItemWords.Write(after, _context.Rows.Edit(row));
            Place(row, before, after);
        }

        return row;
    }

    private void Place(int row, CatalogueItem? before, CatalogueItem after)
    {
        _recent.Change(row, before, after, _time);
        _due = Math.Min(_due, _recent.Due);
    }

    private CatalogueItem? Known(string id) => _items.Find(id) is var row and >= 0 ? _items.Read(row) : null;

    private void Forget(int row, CatalogueItem item)
    {
        _recent.Change(row, item, null, _time);
        _context.Rows.Edit(row).Clear();
        foreach (var state in _states)
        {
            state.Forget(row);
        }
    }

    private void Advance(long time)
    {
        if (time <= _time)
        {
            return;
        }

        _time = time;
        if (time < _due)
        {
            return;
        }

        _due = long.MaxValue;
        foreach (var state in _states)
        {
            state.Advance(time);
            _due = Math.Min(_due, state.Due);
        }

        foreach (var (name, counts) in _segments)
        {
            counts.Advance(time);
            if (counts.IsEmpty)
            {
                _segments.Remove(name);
            }
            else
            {
                _due = Math.Min(_due, counts.Due);
            }
        }

        _recent.Advance(time, _items.Read);
        _due = Math.Min(_due, _recent.Due);
    }
}
