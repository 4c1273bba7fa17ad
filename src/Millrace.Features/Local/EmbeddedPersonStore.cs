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
    private const int MostShards = 64;
    private const int LeastPersons = 256;

    private readonly PersonLayout _layout;
    private readonly TimeSpan _idle;
    private readonly PersonShard[] _shards;

    // Everything before these is folded everywhere; a shard may be ahead of them by the fact under way.
    private readonly long[] _folded;

    /// <param name="layout">Which sections there are: <see cref="Definitions.FeatureSet.Persons"/>.</param>
    /// <param name="partitions">Of the stream of events.</param>
    /// <param name="idle">After so long without a click a session's run has ended; 30 min is what web analytics take for a session's end.</param>
    /// <param name="maxPersons">The most sessions kept, and the most users.</param>
    public EmbeddedPersonStore(PersonLayout layout, int partitions, TimeSpan? idle = null, int maxPersons = 1_000_000)
    {
        _layout = layout;
        _idle = idle ?? TimeSpan.FromMinutes(30);
        _folded = new long[partitions];
        var shards = Math.Clamp(maxPersons / LeastPersons, 1, MostShards);
        _shards = [.. Enumerable.Range(0, shards).Select(_ => new PersonShard(layout, partitions, _idle, Math.Max(1, maxPersons / shards)))];
    }

    /// <summary>How many were dropped because the bound was hit, not because they were quiet.</summary>
    public long Evicted => _shards.Sum(shard => shard.Sessions.Evicted + shard.Users.Evicted);

    public void Observe(in StoredFact stored)
    {
        if (stored.Position.Stream != JournalStream.Events)
        {
            return;
        }

        ref var next = ref _folded[stored.Position.Partition];
        if (stored.Position.Offset < next)
        {
            return;
        }

        if (stored.Fact is Observed observed)
        {
            Take(observed, stored.Position);
        }

        // After session and user: what a reader finds here is folded everywhere.
        Volatile.Write(ref next, stored.Position.Offset + 1);
    }

    public void Read(string tenant, string? user, string? session, PersonBuffer into)
    {
        into.Begin(_layout, _idle, session is not null);
        if (user is null && session is null)
        {
            return;
        }

        var folded = into.FoldedOf(_folded.Length);
        for (var partition = 0; partition < folded.Length; partition++)
        {
            folded[partition] = Volatile.Read(ref _folded[partition]);
        }

        var sessionKey = session is null ? default : PersonKeyText.Of(tenant, session, stackalloc char[PersonKeyText.Longest]);
        var userKey = user is null ? default : PersonKeyText.Of(tenant, user, stackalloc char[PersonKeyText.Longest]);
        var (first, second) = Pair(session is null ? -1 : ShardOf(sessionKey), user is null ? -1 : ShardOf(userKey));
        lock (_shards[second].Gate)
        {
            lock (_shards[first].Gate)
            {
                Copy(PersonEntity.Session, sessionKey, into, folded);
                Copy(PersonEntity.User, userKey, into, folded);
            }
        }
    }

    /// <summary>Whether what is known of a session and a user is what was known at <paramref name="cut"/>, one offset per partition of events; the writer's own.</summary>
    internal bool IsAsOf(string tenant, string? user, string? session, ReadOnlySpan<long> cut) =>
        IsAsOf(PersonEntity.Session, tenant, session, cut) && IsAsOf(PersonEntity.User, tenant, user, cut);

    public void Forget(string tenant, string? user, string? session)
    {
        Remove(PersonEntity.User, tenant, user);
        Remove(PersonEntity.Session, tenant, session);
    }

    private int ShardOf(ReadOnlySpan<char> key) => (int)((uint)string.GetHashCode(key) % (uint)_shards.Length);

    /// <summary>Two shards in the order in which they are locked, the second first; one that is −1 gives way to the other.</summary>
    private static (int First, int Second) Pair(int one, int other)
    {
        one = one < 0 ? other : one;
        other = other < 0 ? one : other;
        return (Math.Min(one, other), Math.Max(one, other));
    }

    private void Take(Observed observed, Position position)
    {
        var session = observed.Session is { } s && _layout.Wants(PersonEntity.Session, observed)
            ? PersonKeyText.Of(observed.Tenant, s, stackalloc char[PersonKeyText.Longest])
            : default;
        var user = observed.User is { } u && _layout.Wants(PersonEntity.User, observed)
            ? PersonKeyText.Of(observed.Tenant, u, stackalloc char[PersonKeyText.Longest])
            : default;
        if (session.IsEmpty && user.IsEmpty)
        {
            return;
        }

        var folded = new FoldedEvent { Fact = observed, Time = FactTime.Of(observed), Item = ItemHash.Of(observed.Item), Row = -1 };
        var (first, second) = Pair(session.IsEmpty ? -1 : ShardOf(session), user.IsEmpty ? -1 : ShardOf(user));
        lock (_shards[second].Gate)
        {
            lock (_shards[first].Gate)
            {
                Apply(PersonEntity.Session, session, folded, position);
                Apply(PersonEntity.User, user, folded, position);
            }
        }
    }

    private void Apply(PersonEntity of, ReadOnlySpan<char> key, in FoldedEvent folded, Position position)
    {
        if (key.IsEmpty)
        {
            return;
        }

        var shard = _shards[ShardOf(key)];
        var received = folded.Fact.Received.Value == 0 ? folded.Time : folded.Fact.Received.Value;
        _layout.Apply(of, folded, shard.Of(of).Touch(key, received, position));
        shard.Folded[position.Partition] = position.Offset + 1;
    }

    private void Copy(PersonEntity of, ReadOnlySpan<char> key, PersonBuffer into, Span<long> folded)
    {
        if (key.IsEmpty)
        {
            return;
        }

        var shard = _shards[ShardOf(key)];
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
        return _shards[ShardOf(key)].Of(of).IsAsOf(key, cut);
    }

    private void Remove(PersonEntity of, string tenant, string? id)
    {
        if (id is null)
        {
            return;
        }

        var key = PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]);
        var shard = _shards[ShardOf(key)];
        lock (shard.Gate)
        {
            shard.Of(of).Remove(key);
        }
    }
}
