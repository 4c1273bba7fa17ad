using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>All persons of a store when this was made, shared with it: who is touched afterwards is copied there. Made by the store's writer, written by any thread.</summary>
internal sealed class PersonsImage
{
    /// <summary>What a person's record is of, beside <see cref="PersonEntity"/>.</summary>
    internal const int Withdrawn = 2;

    /// <inheritdoc cref="PersonShard.Links"/>
    internal const int Links = 3;

    private readonly TouchList<PersonTable.Person>.Frozen[][] _tables;
    private readonly PersonLayout _layout;
    private readonly ISubjectKeys? _keys;
    private readonly long _evicted;
    private readonly long _leftOut;
    private readonly bool _linksLost;
    private readonly PersonLosses _losses;

    internal PersonsImage(PersonShards shards, PersonLayout layout, ISubjectKeys? keys, long epoch, UnixMicros time)
    {
        (_layout, _keys) = (layout, keys);
        Head = new SnapshotHead
        {
            Kind = SnapshotKind.Persons,
            Tenant = "",
            Definitions = layout.Fingerprint,
            Fold = layout.Fold,
            Epoch = epoch,
            Time = time,
            Cut = new Cut([.. shards.Folded.ToArray().Select((next, partition) => new Position(JournalStream.Events, partition, next))]),
        };
        _tables = [.. Enumerable.Range(0, Links + 1).Select(_ => new TouchList<PersonTable.Person>.Frozen[shards.All.Length])];
        for (var i = 0; i < shards.All.Length; i++)
        {
            var shard = shards[i];
            lock (shard.Gate)
            {
                _tables[(int)PersonEntity.Session][i] = shard.Sessions.Freeze();
                _tables[(int)PersonEntity.User][i] = shard.Users.Freeze();
                _tables[Withdrawn][i] = shard.Withdrawn.Freeze();
                _tables[Links][i] = shard.Links.Freeze();
            }
        }

        (_evicted, _leftOut, _linksLost, _losses) = (shards.Evicted, shards.LeftOut, shards.LinksLost, shards.Losses);
    }

    internal SnapshotHead Head { get; }

    /// <summary>Writes it whole: persons whose keys are gone by then are left out.</summary>
    /// <returns>The SHA-256.</returns>
    internal byte[] Write(Stream to) => SnapshotFile.Write(to, Head, (writer, place) =>
    {
        foreach (var of in Enum.GetValues<PersonEntity>())
        {
            var keys = _layout.Keys(of);
            writer.Count(keys.Length);
            foreach (var key in keys)
            {
                writer.Text(key.ToString());
            }
        }

        var (leftOut, gone) = (_leftOut, _losses.Gone);
        if (_keys is not null)
        {
            using var sealer = new PersonSealer(_keys, place);
            WritePersons(writer, sealer);
            leftOut += sealer.LeftOut;

            // Whoever is left out now is missing from this file's time on.
            gone = sealer.LeftOut == 0 ? gone : (gone?.First ?? Head.Time, gone is var (_, last) && last > Head.Time ? last : Head.Time);
        }

        writer.Flag(false);
        writer.Number((ulong)_evicted);
        writer.Number((ulong)leftOut);
        Write(writer, gone);
        Write(writer, _losses.Cut);
        writer.Flag(_linksLost);
    });

    private static void Write(StateWriter to, (UnixMicros First, UnixMicros Last)? when)
    {
        to.Flag(when is not null);
        if (when is var (first, last))
        {
            to.Signed(first.Value);
            to.Signed(last.Value);
        }
    }

    private void WritePersons(StateWriter to, PersonSealer sealer)
    {
        for (var of = 0; of < _tables.Length; of++)
        {
            var kind = of;

            // By the time of touching, whatever the shards were: it is the order of leaving.
            foreach (var (_, key, person) in _tables[of].SelectMany(shard => shard.All()).OrderBy(one => one.Value.Blob.Touched))
            {
                sealer.Seal(person.By, (kind, key, person), Write, to);
            }
        }
    }

    private static void Write(StateWriter text, (int Kind, string Key, PersonTable.Person Person) one)
    {
        text.Count(one.Kind);
        text.Text(one.Key);
        text.Count(one.Person.Sessions?.Length ?? 0);
        foreach (var session in one.Person.Sessions ?? [])
        {
            text.Text(session);
        }

        text.Bytes(one.Person.Blob.Bytes);
    }
}
