using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>
/// Folds the journal into item features. One writer calls <see cref="Apply(in StoredFact)"/> and <see cref="Freeze"/>; any thread reads <see cref="Current"/>. Build it with
/// <c>new FeatureFolder(FeatureSet.Create(definitions, PolicyWindows.Of(policies)), new FeatureOptions())</c>. After a restart fold items from their beginning, and
/// events from <see cref="FeatureSet.Reach"/> before now or earlier. Facts of one partition come in order; partitions may interleave as they like. Folders of equal cuts are then equal, as long as no bound was hit (<see cref="FoldCounts.Whole"/>).
/// </summary>
public sealed class FeatureFolder
{
    private const string Click = "click";

    private readonly Dictionary<string, (ItemState[] States, bool Recent)> _wanting = new(StringComparer.Ordinal);
    private FoldAhead?[] _ahead = []; // By stream and partition: a walk goes from one to the next after a few facts, and comes back.
    private FolderState _state;
    private volatile FeatureSnapshot _current;

    /// <param name="features">The features.</param>
    /// <param name="options">Bounds and habits.</param>
    /// <param name="keys">The keys of persons, under which sessions are written; null where no snapshot is.</param>
    public FeatureFolder(FeatureSet features, FeatureOptions options, ISubjectKeys? keys = null)
    {
        _state = new FolderState(features, options, keys);
        _current = _state.Freeze();
    }

    /// <summary>The last published snapshot; an empty one before the first.</summary>
    public FeatureSnapshot Current => _current;

    /// <summary>What was not folded, by reason.</summary>
    public FoldCounts Counts => _state.Counts;

    /// <summary>What items say that a feature cannot take: one for each field that it reads. Any thread asks.</summary>
    public IEnumerable<Misfits> MisfitsOf(FeatureDefinition feature) =>
        feature.States.Select(key => _state.Features.States.IndexOf(key)).Where(index => index >= 0).Select(index => _state.States[index].Misfits).OfType<Misfits>();

    /// <summary>Why the values of a feature may be inexact at a time; null when they are what the facts say. Any thread asks.</summary>
    /// <inheritdoc cref="Inexactness.Covers" path="/param"/>
    public Inexactness? InexactOf(FeatureDefinition feature, UnixMicros epoch, UnixMicros asked) => Inexactness.Of(feature, _state.Features, Counts, epoch, asked);

    /// <summary>Folds one fact; it is seen in snapshots frozen from then on.</summary>
    /// <returns>False when nothing changed: the fact was folded before, is of no concern, or a bound refused it (see <see cref="Counts"/>).</returns>
    public bool Apply(in StoredFact stored) => Apply(stored, null);

    /// <summary>Folds one fact of a batch that is folded in order; the same as folding it alone, but what the next facts need is loaded meanwhile.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="at">The fact's place in it.</param>
    /// <returns>As <see cref="Apply(in StoredFact)"/>.</returns>
    public bool Apply(ReadOnlySpan<StoredFact> batch, int at)
    {
        var ahead = AheadIn(batch[at].Position);
        ahead.Move(batch, at, _state);
        try
        {
            return Apply(batch[at], batch[at].Fact is Observed observed ? ahead.HashOf(observed, at) : default(ulong?));
        }
        finally
        {
            if (at == batch.Length - 1)
            {
                ahead.Clear();
            }
        }
    }

    private FoldAhead AheadIn(Position position)
    {
        const int Streams = 8;
        var index = (position.Partition * Streams) + ((int)position.Stream % Streams);
        if (index >= _ahead.Length)
        {
            Array.Resize(ref _ahead, index + Streams);
        }

        return _ahead[index] ??= new FoldAhead();
    }

    private bool Apply(in StoredFact stored, ulong? item)
    {
        ref var next = ref _state.Next.Of(stored.Position.Stream, stored.Position.Partition);
        if (stored.Position.Offset < next)
        {
            Counts.Repeat();
            return false;
        }

        next = stored.Position.Offset + 1;
        if (stored.Fact.Tenant != _state.Options.Tenant)
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
            Observed observed => Observe(observed, item ?? ItemHash.Of(observed.Item), stored.Position.Partition),
            PriorFitted prior => Take(prior),
            _ => false,
        };
    }

    /// <summary>Epochs are numbered from <paramref name="epoch"/> + 1 on: the last one that was recorded before this folder began.</summary>
    public void ContinueAfter(long epoch) => _state.Epoch = Math.Max(_state.Epoch, epoch);

    /// <summary>Says that nothing of a partition before <paramref name="offset"/> need be folded: cuts name it from there on.</summary>
    public void BeginAt(JournalStream stream, int partition, long offset) => _state.Next.BeginAt(stream, partition, offset);

    /// <summary>Freezes what has been folded, and leaves <see cref="Current"/> as it is until <see cref="Publish"/>.</summary>
    /// <param name="until">Where windows end; the latest folded fact's time when that is later.</param>
    public FeatureSnapshot Draft(UnixMicros until)
    {
        _state.Advance(until.Value);
        _state.Epoch++;
        return _state.Freeze();
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
        _state.Advance(until.Value);
        _state.Epoch = epoch;
        return _state.View();
    }

    /// <summary>All that is folded; the writer's own.</summary>
    internal FolderState State => _state;

    /// <summary>All that is folded, by sharing, to be written later by another thread.</summary>
    internal FolderImage Image() => new(_state);

    /// <summary>Goes on from what a snapshot held, in place of what was folded.</summary>
    internal void Adopt(FolderState state)
    {
        _wanting.Clear();
        state.Epoch = Math.Max(state.Epoch, _state.Epoch);
        _state = state;
        _current = state.Freeze();
    }

    /// <summary>Forgets what sessions clicked, where they are named or one of their keys was destroyed. Pairs that were counted stay until their windows end.</summary>
    internal void ForgetSessions(IEnumerable<string> named, bool erased)
    {
        foreach (var sessions in _state.Sessions.Values)
        {
            foreach (var name in named)
            {
                sessions.Forget(name);
            }

            if (erased && _state.Keys is { } keys)
            {
                sessions.ForgetErased(keys);
            }
        }
    }

    private bool Change(ItemChanged changed)
    {
        var time = FactTime.Of(changed);
        _state.Advance(time);
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
        var row = _state.Items.Put(after);
        if (row < 0)
        {
            Counts.RefuseItem();
            return false;
        }

        var words = _state.Context.Rows.Edit(row);
        ItemWords.Write(after, words);
        foreach (var state in _state.States)
        {
            state.Describe(changed, words);
        }

        _state.Place(row, before, after);
        return true;
    }

    private bool Take(PriorFitted prior)
    {
        foreach (var state in _state.States)
        {
            state.Take(prior);
        }

        return true;
    }

    private bool Observe(Observed observed, ulong item, int partition)
    {
        var time = FactTime.Of(observed);
        if (Row(observed.Item, item, time) is not (>= 0 and var row))
        {
            return false;
        }

        _state.Advance(time);
        var (states, readsRecent) = Wanting(observed.Event);
        if ((observed.Session ?? observed.User) is not { } session)
        {
            Fold(new FoldedEvent { Fact = observed, Time = time, Item = item, Row = row }, states);
            return true;
        }

        var sessions = _state.SessionsOf(partition);
        var click = observed.Event == Click;
        sessions.Pass(time);

        // Most events are impressions, which make no pairs: their sessions need not be looked up.
        var recent = readsRecent ? sessions.Recent(session, time) : [];
        Fold(new FoldedEvent { Fact = observed, Time = time, Item = item, Row = row, Recent = recent, Pushes = click }, states);
        if (click)
        {
            sessions.Push(session, observed.Subject!, row, time);
        }

        return true;
    }

    private void Fold(in FoldedEvent folded, ItemState[] states)
    {
        if (states.Length > 0)
        {
            var row = _state.Context.Rows.Edit(folded.Row);
            foreach (var state in states)
            {
                state.Apply(folded, row);
            }
        }

        if (folded.Fact.Segment is { } segment && folded.Event == _state.Features.ListedEvent)
        {
            foreach (var list in _state.Segment(segment, folded.Fact.Subject))
            {
                list.Apply(folded, []);
            }
        }
    }

    private (ItemState[] States, bool Recent) Wanting(string @event)
    {
        if (_wanting.TryGetValue(@event, out var wanting))
        {
            return wanting;
        }

        ItemState[] states = [.. _state.States.Where(state => state.Wants(@event))];
        wanting = (states, states.Any(state => state.ReadsRecent));

        // Names of events are the callers' own: those that nobody wants must not fill the memory.
        if (states.Length > 0)
        {
            _wanting.Add(@event, wanting);
        }

        return wanting;
    }

    /// <summary>The row of an event's item; one that the catalogue does not hold, or does not hold yet, gets one too. −1 when the bound on those is hit.</summary>
    private int Row(string id, ulong hash, long time)
    {
        var row = _state.Items.Find(id, hash);
        var before = row < 0 ? null : _state.Items.Read(row);
        if (before is { Learnt: false } || (before is not null && (before.Ghost || before.FirstSeen.Value <= time)))
        {
            return row;
        }

        _state.Advance(time);
        var after = before is null
            ? new CatalogueItem { Id = id, FirstSeen = new UnixMicros(time), Learnt = true, Ghost = !_state.Options.LearnItemsFromEvents }
            : before with { FirstSeen = new UnixMicros(time) };
        row = _state.Items.Learn(after, out var bounded);
        if (bounded)
        {
            Counts.BoundLearnt();
        }

        if (row >= 0)
        {
            ItemWords.Write(after, _state.Context.Rows.Edit(row));
            _state.Place(row, before, after);
        }

        return row;
    }

    private CatalogueItem? Known(string id) => _state.Items.Find(id) is var row and >= 0 ? _state.Items.Read(row) : null;
}
