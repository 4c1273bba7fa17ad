using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Local;

/// <summary>All shards of persons, and how far they are folded.</summary>
internal sealed class PersonShards
{
    private const int MostShards = 64;
    private const int LeastPersons = 256;

    private readonly PersonShard[] _shards;

    // Everything before these is folded everywhere; a shard may be ahead of them by the fact under way.
    private readonly long[] _folded;
    private long _evicted;

    internal PersonShards(PersonLayout layout, int partitions, TimeSpan idle, int maxPersons)
    {
        _folded = new long[partitions];
        var shards = Math.Clamp(maxPersons / LeastPersons, 1, MostShards);
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
            }
        }
    }

    internal ReadOnlySpan<PersonShard> All => _shards;

    /// <summary>Per partition of events, the first fact that is not folded. One writer; any thread reads, after which it finds everything before folded.</summary>
    internal Span<long> Folded => _folded;

    /// <summary>How many were dropped because the bound was hit, in what a snapshot held and since.</summary>
    internal long Evicted => _evicted + _shards.Sum(shard => shard.Sessions.Evicted + shard.Users.Evicted);

    /// <summary>Persons that the snapshots left out which this goes on from: sessions of more people than can be remembered, and who takes too much room.</summary>
    internal long LeftOut { get; private set; }

    /// <summary>Goes on counting where a snapshot stood; nobody sees this yet.</summary>
    /// <summary>Whether a start could not read which sessions users had before: an erasure does not find those.</summary>
    internal bool LinksLost { get; set; }

    internal void GoOn(long evicted, long leftOut) => (_evicted, LeftOut) = (evicted, leftOut);

    /// <summary>
    /// Copies <see cref="Folded"/> as it was at one moment: read one after the other while the writer goes on, cuts of two readers could each be ahead of the other, and no order of
    /// folding would meet both.
    /// </summary>
    internal void ReadFolded(Span<long> into)
    {
        var same = false;
        for (var partition = 0; partition < into.Length; partition++)
        {
            into[partition] = Volatile.Read(ref _folded[partition]);
        }

        // Offsets only grow: two passes that agree saw all of them between.
        while (!same)
        {
            same = true;
            for (var partition = 0; partition < into.Length; partition++)
            {
                var now = Volatile.Read(ref _folded[partition]);
                same &= now == into[partition];
                into[partition] = now;
            }
        }
    }

    internal PersonShard this[int shard] => _shards[shard];

    internal PersonShard Of(ReadOnlySpan<char> key) => _shards[IndexOf(key)];

    internal int IndexOf(ReadOnlySpan<char> key) => (int)((uint)string.GetHashCode(key) % (uint)_shards.Length);
}
