using System.Runtime.CompilerServices;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Local;

/// <summary>
/// Persons in this process, in shards with a short lock each. One writer folds; any thread reads. Bounded: who is quiet for longer than anything looks back leaves
/// unseen, and beyond the bound the longest quiet leaves, counted. A fact changes its session and its user under both their locks, and a read takes both, so that every
/// copy is of one cut.
/// </summary>
public sealed class EmbeddedPersonStore : IPersonStore
{
    private readonly PersonLayout _layout;
    private readonly TimeSpan _idle;
    private readonly int _maxPersons;
    private readonly int _mostShards;
    private readonly ISubjectKeys? _keys;
    private readonly PersonConsents _consents;
    private readonly PersonReading _reading;
    private volatile PersonShards _shards;

    /// <param name="layout">Which sections there are: <see cref="Definitions.FeatureSet.Persons"/>.</param>
    /// <param name="partitions">Of the stream of events.</param>
    /// <param name="idle">After so long without a click a session's run has ended; 30 min is what web analytics take for a session's end.</param>
    /// <param name="maxPersons">The most sessions kept, and the most users.</param>
    /// <param name="keys">The keys of persons, under which they are written; null where no snapshot is.</param>
    public EmbeddedPersonStore(PersonLayout layout, int partitions, TimeSpan? idle = null, int maxPersons = 1_000_000, ISubjectKeys? keys = null)
        : this(layout, partitions, idle, maxPersons, keys, PersonShards.Most)
    {
    }

    private EmbeddedPersonStore(PersonLayout layout, int partitions, TimeSpan? idle, int maxPersons, ISubjectKeys? keys, int shards)
    {
        _mostShards = shards;
        _layout = layout;
        _idle = idle ?? TimeSpan.FromMinutes(30);
        _maxPersons = maxPersons;
        _keys = keys;
        _consents = new PersonConsents(keys);
        _reading = new PersonReading(layout, _idle);
        _shards = Empty(partitions);
    }

    /// <summary>A store that one thread folds and reads: in one shard, of which what every search begins with stays in the cache.</summary>
    /// <inheritdoc cref="EmbeddedPersonStore(PersonLayout, int, TimeSpan?, int, ISubjectKeys?)" path="/param"/>
    internal static EmbeddedPersonStore OfOneThread(PersonLayout layout, int partitions, TimeSpan? idle, int maxPersons, ISubjectKeys? keys) =>
        new(layout, partitions, idle, maxPersons, keys, shards: 1);

    /// <summary>How many were dropped because the bound was hit, not because they were quiet.</summary>
    public long Evicted => _shards.Evicted;

    /// <summary>Users of whom it was forgotten, because of the bound, which sessions they had, since this began: an erasure takes along only those that it names.</summary>
    public long LinksEvicted => _shards.LinksEvicted;

    /// <inheritdoc cref="PersonShards.LeftOut"/>
    public long LeftOut => _shards.LeftOut;

    /// <inheritdoc cref="PersonShards.Losses"/>
    internal PersonLosses Losses => _shards.Losses;

    /// <summary>What it means for a feature at a time that people went from here whom it may still want, or were cut; null when it means nothing.</summary>
    /// <inheritdoc cref="Inexactness.Covers" path="/param"/>
    internal Inexactness? InexactOf(FeatureDefinition feature, FeatureSet features, UnixMicros epoch, UnixMicros asked) => Inexactness.Of(feature, features, Losses, epoch, asked);

    /// <inheritdoc cref="PersonShards.LinksLost"/>
    public bool LinksLost => _shards.LinksLost;

    /// <summary>The first fact of a partition of events that is not folded.</summary>
    public long NextEvent(int partition) => Volatile.Read(ref _shards.Folded[partition]);

    /// <summary>Says that nothing of a partition before <paramref name="offset"/> can be read any more, and need not be folded. Called by the writer.</summary>
    public void BeginAt(int partition, long offset)
    {
        _shards.MoveTo(partition, Math.Max(_shards.Folded[partition], offset));
    }

    public void Observe(in StoredFact stored)
    {
        if (stored.Position.Stream != JournalStream.Events)
        {
            return;
        }

        var shards = _shards;
        if (stored.Position.Offset < shards.Folded[stored.Position.Partition])
        {
            return;
        }

        if (stored.Fact is Observed observed)
        {
            Take(shards, observed, stored.Position);
        }
        else if (stored.Fact is ConsentChanged { User: { } user, Personalise: { } personalise } changed)
        {
            _consents.Take(shards, changed, user, personalise, stored.Position);
        }

        // After session and user: what a reader finds here is folded everywhere.
        shards.MoveTo(stored.Position.Partition, stored.Position.Offset + 1);
    }

    public void Read(string tenant, string? user, string? session, PersonBuffer into) => _reading.Read(_shards, tenant, user, session, into);

    /// <summary>Whether what is known of a session and a user is what was known at <paramref name="cut"/>, one offset per partition of events; the writer's own.</summary>
    internal bool IsAsOf(string tenant, string? user, string? session, ReadOnlySpan<long> cut) =>
        PersonReading.IsAsOf(_shards, PersonEntity.Session, tenant, session, cut) && PersonReading.IsAsOf(_shards, PersonEntity.User, tenant, user, cut);

    public void Forget(string tenant, string? user, string? session)
    {
        var shards = _shards;
        if (user is not null)
        {
            foreach (var of in shards.SessionsOf(tenant, user))
            {
                ForgetSession(shards, tenant, of);
            }

            shards.Remove(tenant, user, static shard => shard.Users);
            shards.Remove(tenant, user, static shard => shard.Withdrawn);
            shards.Remove(tenant, user, static shard => shard.Links);
            shards.Remove(tenant, user, static shard => shard.Consented);
        }

        if (session is not null)
        {
            ForgetSession(shards, tenant, session);
        }
    }

    public IReadOnlyList<string> SessionsOf(string tenant, string user) => _shards.SessionsOf(tenant, user);

    public void ForgetErased()
    {
        if (_keys is null)
        {
            return;
        }

        _shards.ForgetErased(_keys);
    }

    /// <inheritdoc cref="PersonConsents.Recall"/>
    internal void Recall(ConsentChanged consent, Position position) => _consents.Recall(_shards, consent, position);

    /// <summary>All persons as they are now, to be written later by another thread. Called by the writer.</summary>
    /// <param name="epoch">Names it.</param>
    /// <param name="time">When this is.</param>
    internal PersonsImage Image(long epoch, UnixMicros time) => new(_shards, _layout, _keys, epoch, time);

    /// <summary>Shards of the bounds of this store, in which nobody is.</summary>
    internal PersonShards Empty(int partitions) => new(_layout, partitions, _idle, _maxPersons, _mostShards);

    internal PersonLayout Layout => _layout;

    internal ISubjectKeys? Keys => _keys;

    /// <summary>Goes on from what a snapshot held, in place of what was folded. Called by the writer.</summary>
    internal void Adopt(PersonShards shards)
    {
        // Who was erased while they were read is in them still, and must not be seen; nor who is erased meanwhile.
        if (_keys is not null)
        {
            shards.ForgetErased(_keys);
        }

        _shards = shards;
        ForgetErased();
    }

    /// <summary>
    /// Takes over which sessions the users of another store had: it may have seen them before anything here looks back, and their facts are still there. Called by the writer
    /// of both.
    /// </summary>
    internal void JoinLinks(EmbeddedPersonStore other)
    {
        _shards.LinksLost |= other.LinksLost;
        var links = new List<(string Key, PersonTable.Person Person)>();
        foreach (var shard in other._shards.All)
        {
            lock (shard.Gate)
            {
                // Copied, since its writer goes on touching them.
                links.AddRange(shard.Links.All().Select(link => (link.Key, link.Person with { Blob = link.Person.Blob.CopyFor(0) })));
            }
        }

        foreach (var of in links.GroupBy(link => _shards.Of(link.Key)))
        {
            lock (of.Key.Gate)
            {
                of.Key.Join(of);
            }
        }

        // Who was erased meanwhile is in them still.
        ForgetErased();
    }

    private static void ForgetSession(PersonShards shards, string tenant, string session)
    {
        shards.Remove(tenant, session, static shard => shard.Sessions);
        shards.Remove(tenant, session, static shard => shard.Consented);
    }

    [SkipLocalsInit]
    private void Take(PersonShards shards, Observed observed, Position position)
    {
        var (ofSession, ofUser) = (observed.Session is not null && _layout.Wants(PersonEntity.Session, observed), observed.User is not null && _layout.Wants(PersonEntity.User, observed));
        if (!ofSession && !ofUser)
        {
            return;
        }

        var session = ofSession ? PersonKeyText.Of(observed.Tenant, observed.Session!, stackalloc char[PersonKeyText.Longest]) : default;
        var user = observed.User is { } u ? PersonKeyText.Of(observed.Tenant, u, stackalloc char[PersonKeyText.Longest]) : default;
        var folded = new FoldedEvent { Fact = observed, Time = FactTime.Of(observed), Item = ItemHash.Of(observed.Item), Row = -1 };
        var sessions = session.IsEmpty ? null : shards.Of(session);
        var users = user.IsEmpty ? null : shards.Of(user);
        var (first, second) = PersonShard.InOrder(sessions, users);
        lock (first.Gate)
        {
            lock (second.Gate)
            {
                if (users is not null && sessions is not null)
                {
                    users.Links.Link(user, observed.Received.Value, _keys, observed.Tenant, observed.User!, position, observed.Session!);
                }

                if (users is null || users.Withdrawn.Find(user) is null)
                {
                    Apply(shards, sessions, PersonEntity.Session, session, folded, position);
                    Apply(shards, ofUser ? users : null, PersonEntity.User, user, folded, position);
                }
            }
        }
    }

    private void Apply(PersonShards shards, PersonShard? shard, PersonEntity of, HashedKey key, in FoldedEvent folded, Position position)
    {
        if (shard is null)
        {
            return;
        }

        // Whoever has no key any more was erased between the reading of the fact and now.
        var fact = folded.Fact;
        var received = fact.Received.Value == 0 ? folded.Time : fact.Received.Value;
        if (shard.Of(of).Touch(key, received, _keys, fact.Tenant, fact.Subject!, position) is { } blob)
        {
            _layout.Apply(of, folded, blob);
            if (blob.WasCut)
            {
                blob.WasCut = false;
                shards.NoteCut(received);
            }

            shard.Folded[position.Partition] = position.Offset + 1;
        }
    }
}
