using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Local;

/// <summary>All shards of persons, and how far they are folded.</summary>
internal sealed class PersonShards
{
    /// <summary>How many there are, of so many persons that each has some.</summary>
    internal const int Most = 64;

    private const int LeastPersons = 256;
    private const int MostTries = 4;

    private readonly PersonShard[] _shards;

    // Everything before these is folded everywhere; a shard may be ahead of them by the fact under way.
    private readonly long[] _folded;
    private readonly Lock _standing = new();
    private long _evicted;
    private (UnixMicros First, UnixMicros Last)? _gone;
    private long _firstCut = long.MaxValue;
    private long _lastCut = long.MinValue;
    private int _waiting;

    internal PersonShards(PersonLayout layout, int partitions, TimeSpan idle, int maxPersons, int most = Most)
    {
        _folded = new long[partitions];
        var shards = Math.Clamp(maxPersons / LeastPersons, 1, most);
        _shards = [.. Enumerable.Range(0, shards).Select(index => new PersonShard(index, layout, partitions, idle, Math.Max(1, maxPersons / shards)))];
    }

    /// <summary>Removes everybody of whom a key was destroyed.</summary>
    internal void ForgetErased(ISubjectKeys keys)
    {
        foreach (var shard in _shards)
        {
            lock (shard.Gate)
            {
                shard.Sessions.RemoveErased(keys);
                shard.Users.RemoveErased(keys);
                shard.Withdrawn.RemoveErased(keys);
                shard.Links.RemoveErased(keys);
                shard.Consented.RemoveErased(keys);
            }
        }
    }

    internal ReadOnlySpan<PersonShard> All => _shards;

    /// <summary>Per partition of events, the first fact that is not folded. One writer; any thread reads, after which it finds everything before folded.</summary>
    internal Span<long> Folded => _folded;

    /// <summary>How many persons, or consents that a walk may yet ask for, were dropped because the bound was hit, in what a snapshot held and since.</summary>
    internal long Evicted => _evicted + _shards.Sum(shard => shard.Sessions.Evicted + shard.Users.Evicted + shard.Consented.Evicted);

    /// <summary>Users of whom it was forgotten, because of the bound, which sessions they had: an erasure takes along those that are named.</summary>
    internal long LinksEvicted => _shards.Sum(shard => shard.Links.Evicted);

    /// <summary>Persons that the snapshots left out which this goes on from: sessions of more people than can be remembered, and who takes too much room.</summary>
    internal long LeftOut { get; private set; }

    /// <summary>Whether a start could not read which sessions users had before: an erasure does not find those.</summary>
    internal bool LinksLost { get; set; }

    /// <summary>Goes on counting where a snapshot stood; nobody sees this yet.</summary>
    /// <param name="evicted">How many had been evicted.</param>
    /// <param name="leftOut">How many had been left out.</param>
    /// <param name="losses">When that was, and when sums were cut.</param>
    internal void GoOn(long evicted, long leftOut, PersonLosses losses)
    {
        (_evicted, LeftOut, _gone) = (evicted, leftOut, losses.Gone);
        if (losses.Cut is var (first, last))
        {
            (_firstCut, _lastCut) = (first.Value, last.Value);
        }
    }

    /// <summary>Notes that a fading sum could not take all of an event. One writer.</summary>
    /// <param name="received">When the event was received, Unix µs.</param>
    internal void NoteCut(long received)
    {
        Volatile.Write(ref _firstCut, Math.Min(_firstCut, received));
        Volatile.Write(ref _lastCut, Math.Max(_lastCut, received));
    }

    /// <summary>What was lost, and when.</summary>
    internal PersonLosses Losses => new(Gone, Volatile.Read(ref _lastCut) is var last and not long.MinValue ? (new UnixMicros(Volatile.Read(ref _firstCut)), new UnixMicros(last)) : null);

    private (UnixMicros First, UnixMicros Last)? Gone
    {
        get
        {
            var (first, last) = _gone is var (goneFirst, goneLast) ? (goneFirst.Value, goneLast.Value) : (long.MaxValue, long.MinValue);
            foreach (var shard in _shards)
            {
                foreach (var table in (ReadOnlySpan<PersonTable>)[shard.Sessions, shard.Users, shard.Consented])
                {
                    var (from, to) = table.EvictedAt;
                    (first, last) = (Math.Min(first, from), Math.Max(last, to));
                }
            }

            return last == long.MinValue ? null : (new UnixMicros(first), new UnixMicros(last));
        }
    }

    /// <summary>Moves the first fact of a partition that is not folded; called by the writer, who stands still while a reader asks for it.</summary>
    internal void MoveTo(int partition, long offset)
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            Volatile.Write(ref _folded[partition], offset);
            return;
        }

        lock (_standing)
        {
            Volatile.Write(ref _folded[partition], offset);
        }
    }

    /// <summary>
    /// Copies <see cref="Folded"/> as it was at one moment: read one after the other while the writer goes on, cuts of two readers could each be ahead of the other, and no order of
    /// folding would meet both.
    /// </summary>
    /// <returns>In how many passes: a few, whatever the writer does.</returns>
    internal int ReadFolded(Span<long> into)
    {
        Copy(into);
        var passes = 1;
        while (passes <= MostTries)
        {
            passes++;
            if (Copy(into))
            {
                return passes;
            }
        }

        // Facts of no concern move offsets faster than they can be read: the writer is asked to stand still, which it does from its next step on.
        Interlocked.Increment(ref _waiting);
        lock (_standing)
        {
            do
            {
                passes++;
            }
            while (!Copy(into));
        }

        Interlocked.Decrement(ref _waiting);
        return passes;
    }

    /// <returns>Whether nothing had changed. Offsets only grow: two passes that agree saw all of them between.</returns>
    private bool Copy(Span<long> into)
    {
        var same = true;
        for (var partition = 0; partition < into.Length; partition++)
        {
            var now = Volatile.Read(ref _folded[partition]);
            same &= now == into[partition];
            into[partition] = now;
        }

        return same;
    }

    internal PersonShard this[int shard] => _shards[shard];

    internal PersonShard Of(HashedKey key) => Of(key.Hash);

    /// <summary>The shard of a key's hash.</summary>
    internal PersonShard Of(ulong hash) => _shards[(int)((uint)(hash >> 32) % (uint)_shards.Length)];

    /// <summary>The sessions that a user is known to have had, latest last.</summary>
    internal string[] SessionsOf(string tenant, string user)
    {
        var key = PersonKeyText.Of(tenant, user, stackalloc char[PersonKeyText.Longest]);
        var shard = Of(key);
        lock (shard.Gate)
        {
            return shard.Links.SessionsOf(key);
        }
    }

    /// <summary>Removes a person from one of the tables; false when it was not there.</summary>
    internal bool Remove(string tenant, string id, Func<PersonShard, PersonTable> from)
    {
        var key = PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]);
        var shard = Of(key);
        lock (shard.Gate)
        {
            return from(shard).Remove(key);
        }
    }
}
