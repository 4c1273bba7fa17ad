using System.Runtime.CompilerServices;
using Millrace.Features.Online;

namespace Millrace.Features.Local;

/// <summary>How persons are read: session and user at one cut, under both their locks.</summary>
/// <param name="layout">Which sections there are.</param>
/// <param name="idle">After so long without a click a session's run has ended.</param>
internal sealed class PersonReading(PersonLayout layout, TimeSpan idle)
{
    /// <inheritdoc cref="IPersonStore.Read"/>
    [SkipLocalsInit]
    internal void Read(PersonShards shards, string tenant, string? user, string? session, PersonBuffer into)
    {
        into.Begin(layout, idle, session is not null);
        if (user is null && session is null)
        {
            return;
        }

        var sessionKey = session is null ? default : PersonKeyText.Of(tenant, session, stackalloc char[PersonKeyText.Longest]);
        var userKey = user is null ? default : PersonKeyText.Of(tenant, user, stackalloc char[PersonKeyText.Longest]);
        var (ofSession, ofUser) = (sessionKey.IsEmpty ? null : shards.Of(sessionKey), userKey.IsEmpty ? null : shards.Of(userKey));
        var (first, second) = PersonShard.InOrder(ofSession, ofUser);
        lock (first.Gate)
        {
            lock (second.Gate)
            {
                var folded = into.FoldedOf(shards.Folded.Length);
                shards.ReadFolded(folded);
                if (ofUser?.Withdrawn.Find(userKey) is not null)
                {
                    into.Clear();
                    return;
                }

                Copy(ofSession, PersonEntity.Session, sessionKey, into, folded);
                Copy(ofUser, PersonEntity.User, userKey, into, folded);
            }
        }
    }

    /// <summary>Whether what is known of a session or a user is what was known at <paramref name="cut"/>, one offset per partition of events; the writer's own.</summary>
    internal static bool IsAsOf(PersonShards shards, PersonEntity of, string tenant, string? id, ReadOnlySpan<long> cut)
    {
        if (id is null)
        {
            return true;
        }

        var key = PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]);
        var shard = shards.Of(key);
        return shard.Of(of).IsAsOf(key, cut) && shard.Consented.IsAsOf(key, cut);
    }

    private static void Copy(PersonShard? shard, PersonEntity of, HashedKey key, PersonBuffer into, Span<long> folded)
    {
        if (shard is null)
        {
            return;
        }

        for (var partition = 0; partition < folded.Length; partition++)
        {
            folded[partition] = Math.Max(folded[partition], shard.Folded[partition]);
        }

        if (shard.Of(of).Find(key) is { } blob)
        {
            into.Set(of, blob.Bytes);
        }
    }
}
