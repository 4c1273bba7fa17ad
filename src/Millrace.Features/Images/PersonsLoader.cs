using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>Reads what <see cref="PersonsImage"/> wrote into shards of its own, which nobody sees before all of it is believed. Who was erased since is left out.</summary>
internal static class PersonsLoader
{
    private const int MostSections = 4096;
    private const int MostKeyBytes = 1024;
    private const int MostBlobBytes = 1 << 20;

    /// <param name="from">The file.</param>
    /// <param name="store">For whose sections, bounds and keys it is read.</param>
    /// <param name="partitions">Of the stream of events.</param>
    /// <param name="keepKnown">
    /// Whether a snapshot of other sections is taken all the same, if one version of the fold filled them: sections that both know are kept, the others begin empty. For a journal
    /// that does not reach back far enough to fold all of them anew.
    /// </param>
    /// <param name="mostBytes">The most bytes of the body, unpacked.</param>
    /// <exception cref="FeatureSnapshotException">It is refused.</exception>
    internal static (PersonShards Shards, SnapshotHead Head) Load(
        Stream from, EmbeddedPersonStore store, int partitions, bool keepKnown = false, long mostBytes = FolderLoader.MostBytes) =>
        SnapshotFile.Read(from, mostBytes, (head, place, reader) =>
        {
            Check(head, partitions);
            CheckSections(head, store.Layout, keepKnown);
            var maps = Enum.GetValues<PersonEntity>().Select(of => SectionMap.Read(reader, store.Layout, of, MostSections)).ToArray();
            var shards = store.Empty(partitions);
            foreach (var next in head.Cut.Next)
            {
                shards.Folded[next.Partition] = next.Offset;
            }

            Open(reader, place, shards, store.Keys, maps);
            return (shards, head);
        });

    /// <summary>What a snapshot of whatever sections and version of the fold knows besides: which sessions users had, for an erasure, and who withdrew. Nothing is folded in it.</summary>
    /// <exception cref="FeatureSnapshotException">It is refused.</exception>
    internal static PersonShards LoadLinks(Stream from, EmbeddedPersonStore store, int partitions, long mostBytes = FolderLoader.MostBytes) =>
        SnapshotFile.Read(from, mostBytes, (head, place, reader) =>
        {
            Check(head, partitions);
            foreach (var of in Enum.GetValues<PersonEntity>())
            {
                SectionMap.Read(reader, store.Layout, of, MostSections);
            }

            var shards = store.Empty(partitions);
            Open(reader, place, shards, store.Keys, maps: []);
            shards.GoOn(evicted: 0, leftOut: 0, losses: new PersonLosses(null, null));
            return shards;
        });

    private static void Check(SnapshotHead head, int partitions)
    {
        if (head.Kind != SnapshotKind.Persons)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Foreign, $"expected a snapshot of {SnapshotKind.Persons}; got one of {head.Kind}");
        }

        if (head.Cut.Next.Any(next => next.Stream != JournalStream.Events || next.Partition >= partitions))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Ahead, $"it folds other partitions than the {partitions} of this journal's events");
        }
    }

    private static void CheckSections(SnapshotHead head, PersonLayout layout, bool keepKnown)
    {
        if (head.Fold != layout.Fold || (head.Definitions != layout.Fingerprint && !keepKnown))
        {
            throw new FeatureSnapshotException(
                FeatureSnapshotFault.Definitions, $"expected sections {layout.Fingerprint} of fold {layout.Fold}; got {head.Definitions} of fold {head.Fold}");
        }
    }

    private static void Open(StateReader reader, byte[] place, PersonShards shards, ISubjectKeys? keys, SectionMap[] maps)
    {
        using var sealer = keys is null ? null : new PersonSealer(keys, place);
        while (reader.Flag())
        {
            if ((sealer ?? throw new FeatureSnapshotException(FeatureSnapshotFault.Foreign, "it holds sealed parts, and there are no keys here")).Open(reader) is var (text, by))
            {
                Take(text, by, shards, maps);
            }
        }

        var (evicted, leftOut) = (reader.Number(), reader.Number());
        if (Math.Max(evicted, leftOut) > long.MaxValue / 2)
        {
            throw reader.Bad("how many were evicted and left out", $"{evicted} and {leftOut}");
        }

        shards.GoOn((long)evicted, (long)leftOut, new PersonLosses(When(reader), When(reader)));
        shards.LinksLost = reader.Flag();
    }

    private static (UnixMicros First, UnixMicros Last)? When(StateReader from) => from.Flag() ? (new UnixMicros(from.Signed()), new UnixMicros(from.Signed())) : null;

    private static void Take(StateReader text, Sealing by, PersonShards shards, SectionMap[] maps)
    {
        var kind = text.Count(PersonsImage.Links);
        var key = text.Text(MostKeyBytes) ?? throw text.Bad("a person", "none");
        var sessions = new string[text.Count(PersonTable.MostSessions)];
        foreach (ref var session in sessions.AsSpan())
        {
            session = text.Text(MostKeyBytes) ?? throw text.Bad("a session", "none");
        }

        var bytes = text.Bytes(MostBlobBytes);
        if (kind < PersonsImage.Withdrawn && maps.Length == 0)
        {
            return;
        }

        var shard = shards.Of(key);
        var (table, blob) = kind switch
        {
            PersonsImage.Withdrawn => (shard.Withdrawn, PersonBlob.TryRead(bytes, 0)),
            PersonsImage.Links => (shard.Links, PersonBlob.TryRead(bytes, 0)),
            _ => (shard.Of((PersonEntity)kind), maps[kind].Take(bytes)),
        };
        if (!table.TryAdd(key, new PersonTable.Person { Blob = blob ?? throw text.Bad("a person's sections", "other bytes"), By = by, Sessions = sessions.Length == 0 ? null : sessions }))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Duplicate, "a person twice");
        }
    }

    /// <summary>Which sections of a file are which of this layout.</summary>
    private sealed class SectionMap
    {
        private readonly int _sections;
        private readonly int[]? _from;

        private SectionMap(int sections, int[]? from) => (_sections, _from) = (sections, from);

        internal static SectionMap Read(StateReader reader, PersonLayout layout, PersonEntity of, int most)
        {
            var names = new List<string?>();
            for (var left = reader.Count(most); left > 0; left--)
            {
                names.Add(reader.Text(MostBlobBytes));
            }

            string[] here = [.. layout.Keys(of).Select(key => key.ToString())];
            return new SectionMap(names.Count, here.SequenceEqual(names) ? null : [.. here.Select(name => names.IndexOf(name))]);
        }

        internal PersonBlob? Take(byte[] bytes)
        {
            if (PersonBlob.TryRead(bytes, _sections) is not { } whole || _from is null)
            {
                return PersonBlob.TryRead(bytes, _sections);
            }

            var blob = new PersonBlob(_from.Length) { Touched = whole.Touched, Ran = whole.Ran };
            for (var i = 0; i < _from.Length; i++)
            {
                if (_from[i] >= 0)
                {
                    var section = whole.Section(_from[i]);
                    section.CopyTo(blob.Resize(i, section.Length));
                }
            }

            return blob;
        }
    }
}
