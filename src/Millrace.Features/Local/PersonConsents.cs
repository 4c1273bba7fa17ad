using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.Local;

/// <summary>What users say of personalised decisions, as persons keep it: nothing is kept of who withdrew but that. Called by the writer, in the journal's order.</summary>
/// <param name="keys">The keys of persons; null where nobody is written.</param>
internal sealed class PersonConsents(ISubjectKeys? keys)
{
    /// <summary>
    /// Takes a consent back or gives it. What a withdrawal drops stands in several shards, which are changed under all their locks: a shard's cut speaks for all that stands in it, and whoever
    /// reads two shards takes the later cut for both.
    /// </summary>
    internal void Take(PersonShards shards, ConsentChanged changed, string user, bool personalise, Position position)
    {
        var key = PersonKeyText.Of(changed.Tenant, user, stackalloc char[PersonKeyText.Longest]);
        var of = shards.Of(key);
        var sessions = personalise ? [] : shards.SessionsOf(changed.Tenant, user);
        PersonShard[] touched = [.. sessions.Select(session => ShardOf(shards, changed.Tenant, session)).Append(of).Distinct().OrderByDescending(shard => shard.Index)];
        var held = 0;
        try
        {
            for (; held < touched.Length; held++)
            {
                touched[held].Gate.Enter();
            }

            foreach (var shard in touched)
            {
                shard.Folded[position.Partition] = position.Offset + 1;
            }

            // Said again, it changes nothing.
            if (of.Withdrawn.Find(key) is null != personalise)
            {
                of.Consented.Touch(key, changed.Received.Value, keys, changed.Tenant, user, position);
            }

            if (personalise)
            {
                of.Withdrawn.Remove(key);
                return;
            }

            of.Users.Remove(key);
            foreach (var session in sessions)
            {
                if (shards.Remove(changed.Tenant, session, static shard => shard.Sessions))
                {
                    NoteTaken(shards, changed, session, position);
                }
            }

            of.Withdrawn.Touch(key, changed.Received.Value, keys, changed.Tenant, user, position);
        }
        finally
        {
            while (held > 0)
            {
                touched[--held].Gate.Exit();
            }
        }
    }

    /// <summary>Takes in what a user said before the facts that are folded: whoever withdrew then is nobody from the first of them on.</summary>
    internal void Recall(PersonShards shards, ConsentChanged consent, Position position)
    {
        if (consent is not { User: { } user, Personalise: { } personalise })
        {
            return;
        }

        var key = PersonKeyText.Of(consent.Tenant, user, stackalloc char[PersonKeyText.Longest]);
        var shard = shards.Of(key);
        lock (shard.Gate)
        {
            if (personalise)
            {
                shard.Withdrawn.Remove(key);
            }
            else
            {
                shard.Withdrawn.Touch(key, consent.Received.Value, keys, consent.Tenant, user, position);
            }
        }
    }

    /// <summary>Takes note that a consent took a session away, of a shard whose lock is held.</summary>
    private void NoteTaken(PersonShards shards, ConsentChanged changed, string session, Position position)
    {
        var key = PersonKeyText.Of(changed.Tenant, session, stackalloc char[PersonKeyText.Longest]);
        shards.Of(key).Consented.Touch(key, changed.Received.Value, keys, changed.Tenant, changed.User!, position);
    }

    private static PersonShard ShardOf(PersonShards shards, string tenant, string id) => shards.Of(PersonKeyText.Of(tenant, id, stackalloc char[PersonKeyText.Longest]));
}
