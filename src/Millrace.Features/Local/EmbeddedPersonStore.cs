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
    private readonly ISubjectKeys? _keys;
    private volatile PersonShards _shards;

    /// <param name="layout">Which sections there are: <see cref="Definitions.FeatureSet.Persons"/>.</param>
    /// <param name="partitions">Of the stream of events.</param>
    /// <param name="idle">After so long without a click a session's run has ended; 30 min is what web analytics take for a session's end.</param>
    /// <param name="maxPersons">The most sessions kept, and the most users.</param>
    /// <param name="keys">The keys of persons, under which they are written; null where no snapshot is.</param>
    public EmbeddedPersonStore(PersonLayout layout, int partitions, TimeSpan? idle = null, int maxPersons = 1_000_000, ISubjectKeys? keys = null)
    {
        _layout = layout;
        _idle = idle ?? TimeSpan.FromMinutes(30);
        _maxPersons = maxPersons;
        _keys = keys;
        _shards = Empty(partitions);
    }

    /// <summary>How many were dropped because the bound was hit, not because they were quiet.</summary>
    public long Evicted => _shards.Evicted;

    /// <summary>Users of whom it was forgotten, because of the bound, which sessions they had, since this began: an erasure takes along only those that it names.</summary>
    public long LinksEvicted => _shards.LinksEvicted;

    /// <inheritdoc cref="PersonShards.LeftOut"/>
    public long LeftOut => _shards.LeftOut;

    /// <summary>What it means for a feature at a time that people went from here whom it may still want; null when it means nothing.</summary>
    internal Inexactness? InexactOf(FeatureDefinition feature, FeatureSet features, UnixMicros time) =>
        _shards.Gone is var (first, last) ? Inexactness.OfPersons(feature, features, first, last, time) : null;

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
            Take(observed, stored.Position);
        }
        else if (stored.Fact is ConsentChanged { User: { } user, Personalise: { } personalise } changed)
        {
            Consent(changed, user, personalise, stored.Position);
        }

        // After session and user: what a reader finds here is folded everywhere.
        shards.MoveTo(stored.Position.Partition, stored.Position.Offset + 1);
    }

    public void Read(string tenant, string? user, string? session, PersonBuffer into)
    {
        into.Begin(_layout, _idle, session is not null);
        if (user is null && session is null)
        {
            return;
        }

        var shards = _shards;
        var sessionKey = session is null ? default : PersonKeyText.Of(tenant, session, stackalloc char[PersonKeyText.Longest]);
        var userKey = user is null ? default : PersonKeyText.Of(tenant, user, stackalloc char[PersonKeyText.Longest]);
        var (ofSession, ofUser) = (sessionKey.IsEmpty ? -1 : shards.IndexOf(sessionKey), userKey.IsEmpty ? -1 : shards.IndexOf(userKey));
        var (first, second) = Pair(ofSession, ofUser);
        lock (shards[second].Gate)
        {
            lock (shards[first].Gate)
            {
                var folded = into.FoldedOf(shards.Folded.Length);
                shards.ReadFolded(folded);
                if (!userKey.IsEmpty && shards[ofUser].Withdrawn.Find(userKey) is not null)
                {
                    into.Clear();
                    return;
                }

                Copy(shards, ofSession, PersonEntity.Session, sessionKey, into, folded);
                Copy(shards, ofUser, PersonEntity.User, userKey, into, folded);
            }
        }
    }

    /// <summary>Whether what is known of a session and a user is what was known at <paramref name="cut"/>, one offset per partition of events; the writer's own.</summary>
    internal bool IsAsOf(string tenant, string? user, string? session, ReadOnlySpan<long> cut) =>
        IsAsOf(PersonEntity.Session, tenant, session, cut) && IsAsOf(PersonEntity.User, tenant, user, cut);

    public void Forget(string tenant, string? user, string? session)
    {
        if (user is not null)
        {
            Drop(tenant, user);
            Remove(tenant, user, static shard => shard.Withdrawn);
            Remove(tenant, user, static shard => shard.Links);
            Remove(tenant, user, static shard => shard.Consented);
        }

        if (session is not null)
        {
            Remove(tenant, session, static shard => shard.Sessions);
            Remove(tenant, session, static shard => shard.Consented);
        }
    }

    public IReadOnlyList<string> SessionsOf(string tenant, string user)
    {
        var key = PersonKeyText.Of(tenant, user, stackalloc char[PersonKeyText.Longest]);
        var shard = _shards.Of(key);
        lock (shard.Gate)
        {
            return shard.Links.SessionsOf(key);
        }
    }

    public void ForgetErased()
    {
        if (_keys is null)
        {
            return;
        }

        _shards.ForgetErased(_keys);
    }

    /// <summary>Takes in what a user said before the facts that are folded here: whoever withdrew then is nobody from the first of them on. Called by the writer, in the journal's order.</summary>
    internal void Recall(ConsentChanged consent, Position position)
    {
        if (consent is not { User: { } user, Personalise: { } personalise })
        {
            return;
        }

        var key = PersonKeyText.Of(consent.Tenant, user, stackalloc char[PersonKeyText.Longest]);
        var shard = _shards.Of(key);
        lock (shard.Gate)
        {
            if (personalise)
            {
                shard.Withdrawn.Remove(key);
            }
            else
            {
                shard.Withdrawn.Touch(key, consent.Received.Value, _keys, consent.Tenant, user, position);
            }
        }
    }

    /// <summary>All persons as they are now, to be written later by another thread. Called by the writer.</summary>
    /// <param name="epoch">Names it.</param>
    /// <param name="time">When this is.</param>
    internal PersonsImage Image(long epoch, UnixMicros time) => new(_shards, _layout, _keys, epoch, time);

    /// <summary>Shards of the bounds of this store, in which nobody is.</summary>
    internal PersonShards Empty(int partitions) => new(_layout, partitions, _idle, _maxPersons);

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

        foreach (var of in links.GroupBy(link => _shards.IndexOf(link.Key)))
        {
            lock (_shards[of.Key].Gate)
            {
                _shards[of.Key].Join(of);
            }
        }

        // Who was erased meanwhile is in them still.
        ForgetErased();
    }

    /// <summary>Two shards in the order in which they are locked, the second first; one that is −1 gives way to the other.</summary>
    private static (int First, int Second) Pair(int one, int other)
    {
        one = one < 0 ? other : one;
        other = other < 0 ? one : other;
        return (Math.Min(one, other), Math.Max(one, other));
    }

    private static (PersonShard First, PersonShard Second) Pair(PersonShard? one, PersonShard? other)
    {
        one ??= other;
        other ??= one;
        return one!.Index < other!.Index ? (one, other) : (other, one);
    }

    private void Take(Observed observed, Position position)
    {
        var (ofSession, ofUser) = (observed.Session is not null && _layout.Wants(PersonEntity.Session, observed), observed.User is not null && _layout.Wants(PersonEntity.User, observed));
        if (!ofSession && !ofUser)
        {
            return;
        }

        var session = ofSession ? PersonKeyText.Of(observed.Tenant, observed.Session!, stackalloc char[PersonKeyText.Longest]) : default;
        var user = observed.User is { } u ? PersonKeyText.Of(observed.Tenant, u, stackalloc char[PersonKeyText.Longest]) : default;
        var folded = new FoldedEvent { Fact = observed, Time = FactTime.Of(observed), Item = ItemHash.Of(observed.Item), Row = -1 };
        var shards = _shards;
        var sessions = session.IsEmpty ? null : shards.Of(session);
        var users = user.IsEmpty ? null : shards.Of(user);
        var (first, second) = Pair(sessions, users);
        lock (second.Gate)
        {
            lock (first.Gate)
            {
                if (users is not null && sessions is not null)
                {
                    users.Links.Link(user, observed.Received.Value, _keys, observed.Tenant, observed.User!, position, observed.Session!);
                }

                if (users is null || users.Withdrawn.Find(user) is null)
                {
                    Apply(sessions, PersonEntity.Session, session, folded, position);
                    Apply(ofUser ? users : null, PersonEntity.User, user, folded, position);
                }
            }
        }
    }

    private void Apply(PersonShard? shard, PersonEntity of, ReadOnlySpan<char> key, in FoldedEvent folded, Position position)
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
            shard.Folded[position.Partition] = position.Offset + 1;
        }
    }

    /// <summary>
    /// Takes a consent back or gives it. What a withdrawal drops stands in several shards, which are changed under all their locks: a shard's cut speaks for all that stands in it, and whoever
    /// reads two shards takes the later cut for both.
    /// </summary>
    private void Consent(ConsentChanged changed, string user, bool personalise, Position position)
    {
        var key = PersonKeyText.Of(changed.Tenant, user, stackalloc char[PersonKeyText.Longest]);
        var shards = _shards;
        var of = shards.IndexOf(key);
        IReadOnlyList<string> sessions = personalise ? [] : SessionsOf(changed.Tenant, user);
        int[] touched = [.. sessions.Select(session => IndexOf(shards, changed.Tenant, session)).Append(of).Distinct().OrderDescending()];
        var held = 0;
        try
        {
            for (; held < touched.Length; held++)
            {
                shards[touched[held]].Gate.Enter();
            }

            foreach (var index in touched)
            {
                shards[index].Folded[position.Partition] = position.Offset + 1;
            }

            // Said again, it changes nothing.
            if (shards[of].Withdrawn.Find(key) is null != personalise)
            {
                shards[of].Consented.Touch(key, changed.Received.Value, _keys, changed.Tenant, user, position);
            }

            if (personalise)
            {
                shards[of].Withdrawn.Remove(key);
                return;
            }

            shards[of].Users.Remove(key);
            foreach (var session in sessions)
            {
                if (Remove(changed.Tenant, session, static shard => shard.Sessions))
                {
                    NoteTaken(shards, changed, session, position);
                }
            }

            shards[of].Withdrawn.Touch(key, changed.Received.Value, _keys, changed.Tenant, user, position);
        }
        finally
        {
            while (held > 0)
            {
                shards[touched[--held]].Gate.Exit();
            }
        }
    }

    /// <summary>Takes note that a consent took a session away, of a shard whose lock is held.</summary>
    private void NoteTaken(PersonShards shards, ConsentChanged changed, string session, Position position)
    {
        var key = PersonKeyText.Of(changed.Tenant, session, stackalloc char[PersonKeyText.Longest]);
        shards.Of(key).Consented.Touch(key, changed.Received.Value, _keys, changed.Tenant, changed.User!, position);
    }

    private static int IndexOf(PersonShards shards, string tenant, string id) => shards.IndexOf(PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]));

    private static void Copy(PersonShards shards, int index, PersonEntity of, ReadOnlySpan<char> key, PersonBuffer into, Span<long> folded)
    {
        if (key.IsEmpty)
        {
            return;
        }

        var shard = shards[index];
        for (var partition = 0; partition < folded.Length; partition++)
        {
            folded[partition] = Math.Max(folded[partition], shard.Folded[partition]);
        }

        if (shard.Of(of).Find(key) is { } blob)
        {
            into.Set(of, blob.Bytes);
        }
    }

    private bool IsAsOf(PersonEntity of, string tenant, string? id, ReadOnlySpan<long> cut)
    {
        if (id is null)
        {
            return true;
        }

        var key = PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]);
        var shard = _shards.Of(key);
        return shard.Of(of).IsAsOf(key, cut) && shard.Consented.IsAsOf(key, cut);
    }

    /// <summary>Drops what is folded of a user and of the user's sessions.</summary>
    private void Drop(string tenant, string user)
    {
        foreach (var session in SessionsOf(tenant, user))
        {
            Remove(tenant, session, static shard => shard.Sessions);
            Remove(tenant, session, static shard => shard.Consented);
        }

        Remove(tenant, user, static shard => shard.Users);
    }

    private bool Remove(string tenant, string id, Func<PersonShard, PersonTable> from)
    {
        var key = PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]);
        var shard = _shards.Of(key);
        lock (shard.Gate)
        {
            return from(shard).Remove(key);
        }
    }
}
