using Microsoft.Extensions.Logging;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>
/// What a node begins from: the newest snapshots that can be believed and that the journal goes on from, of items and of persons apart. One that is refused is named with the
/// reason, and the one before it is tried; where there is none left, the journal is folded as far back as features reach.
/// </summary>
internal sealed class FeatureStart(SnapshotFolder snapshots, IJournal journal, ILogger log)
{
    /// <summary>Gives the folder and the store what the newest good snapshots held.</summary>
    /// <param name="folder">Its definitions and bounds are the snapshot's, or it is refused.</param>
    /// <param name="persons">Its sections and bounds are the snapshot's, or it is refused.</param>
    /// <param name="short">Whether the journal does not reach back far enough to fold persons anew: sections that are known are then kept through a change of definitions.</param>
    public void Load(FeatureFolder folder, EmbeddedPersonStore persons, bool @short)
    {
        var state = folder.State;
        if (First(SnapshotKind.Items, file => FolderLoader.Load(file, state.Features, state.Options, state.Keys)) is { } items)
        {
            folder.Adopt(items);
        }

        var partitions = journal.Partitions(JournalStream.Events);
        var isAny = snapshots.Names(SnapshotKind.Persons).Any();
        if (First(SnapshotKind.Persons, file => PersonsLoader.Load(file, persons, partitions, @short).Shards) is { } shards)
        {
            persons.Adopt(shards);
        }
        else if (LinksOf(persons, partitions, isAny) is { } links)
        {
            persons.Adopt(links);
        }
    }

    /// <summary>Which sessions users had: what is folded anew does not know of those that nothing looks back to any more, and an erasure must.</summary>
    private PersonShards? LinksOf(EmbeddedPersonStore persons, int partitions, bool isAny)
    {
        FeatureSnapshotException? last = null;
        foreach (var name in snapshots.Names(SnapshotKind.Persons))
        {
            try
            {
                using var file = snapshots.Open(name);
                return PersonsLoader.LoadLinks(file, persons, partitions);
            }
            catch (FeatureSnapshotException refused)
            {
                // It was named when all of it was asked for.
                last = refused;
            }
        }

        // Those that were ahead of the journal are gone by now.
        if (!isAny)
        {
            return null;
        }

        log.LogError(
            NodeEvents.LinksLost, last, "No snapshot says any more which sessions users had: an erasure finds those alone that are folded from the journal from now on");
        var none = persons.Empty(partitions);
        none.LinksLost = true;
        return none;
    }

    private T? First<T>(SnapshotKind kind, Func<FileStream, T> load)
        where T : class
    {
        foreach (var name in snapshots.Names(kind))
        {
            try
            {
                using var file = snapshots.Open(name);
                Check(SnapshotFile.ReadHead(file).Head);
                var loaded = load(file);
                log.LogInformation(NodeEvents.SnapshotLoaded, "Features go on from snapshot {Snapshot}", name);
                return loaded;
            }
            catch (FeatureSnapshotException refused)
            {
                log.LogWarning(NodeEvents.SnapshotRefused, refused, "Snapshot {Snapshot} is refused ({Reason}); the one before it is tried, then the journal", name, refused.Fault);

                // Its epochs may be later than any to come: it would stand before the good ones for ever.
                if (refused.Fault == FeatureSnapshotFault.Ahead)
                {
                    snapshots.Remove(name);
                }
            }
        }

        return null;
    }

    private void Check(SnapshotHead head)
    {
        foreach (var next in head.Cut.Next)
        {
            if (!Enum.IsDefined(next.Stream) || next.Partition >= journal.Partitions(next.Stream) || next.Offset > journal.Range(next.Stream, next.Partition).End)
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Ahead, $"it folds up to {next}, and the journal does not go that far");
            }

            if (next.Offset < journal.Range(next.Stream, next.Partition).First)
            {
                throw new FeatureSnapshotException(FeatureSnapshotFault.Behind, $"it folds up to {next}, and what follows has left the journal");
            }
        }
    }
}
