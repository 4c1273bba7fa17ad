using System.Runtime.InteropServices;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>
/// The facts of one partition on their way into persons and items, which fold them at different moments: persons are a little ahead, and what lies between is held.
/// The next batch is read while this one is folded.
/// </summary>
/// <param name="reader">Reads the partition.</param>
/// <param name="stream">Its stream.</param>
/// <param name="partition">Its number.</param>
/// <param name="start">The first offset that is read.</param>
/// <param name="counts">Told of each fact that items fold.</param>
/// <param name="retired">Told of the first fact behind what retention took before it was read.</param>
internal sealed class PartitionFeed(SkippingReader reader, JournalStream stream, int partition, long start, WalkCounts counts, Action<StoredFact> retired)
{
    private readonly List<StoredFact> _held = [];
    private readonly HashSet<long> _unfolded = [];
    private Task<IReadOnlyList<StoredFact>>? _ahead;
    private int _forItems;
    private long _folded;
    private int _forPersons;
    private long _read = start;

    internal JournalStream Stream => stream;

    internal int Partition => partition;

    /// <summary>The first offset that items do not fold.</summary>
    internal long Items { get; private set; } = start;

    /// <summary>How many facts items have folded.</summary>
    internal long Folded => Volatile.Read(ref _folded);

    /// <summary>The first offset that persons do not fold.</summary>
    internal long Persons { get; private set; } = start;

    /// <summary>Whether the partition ends below an offset to which it was folded, so that there is less to know than there was.</summary>
    internal bool EndsBelow(long offset) => _read < offset && reader.EndOf(stream, partition) < offset;

    /// <summary>Folds everything below <paramref name="offset"/> into items, and into persons what they have not folded yet: batch by batch, since there may be days of facts.</summary>
    internal async ValueTask FoldItemsAsync(long offset, FeatureFolder folder, EmbeddedPersonStore persons, CancellationToken cancellation)
    {
        FoldHeld(offset, folder, persons);
        while (_read < offset && await ReadAsync(cancellation))
        {
            FoldHeld(offset, folder, persons);
        }

        (Items, Persons) = (Math.Max(Items, offset), Math.Max(Persons, offset));
    }

    /// <summary>Folds everything below <paramref name="offset"/> into persons.</summary>
    internal async ValueTask FoldPersonsAsync(long offset, EmbeddedPersonStore persons, CancellationToken cancellation)
    {
        while (_read < offset && await ReadAsync(cancellation))
        {
        }

        ObserveHeld(offset, persons);
        Persons = Math.Max(Persons, offset);
    }

    private void FoldHeld(long offset, FeatureFolder folder, EmbeddedPersonStore persons)
    {
        ObserveHeld(offset, persons);
        while (_forItems < _held.Count && _held[_forItems].Position.Offset < offset)
        {
            var stored = _held[_forItems];
            counts.Met(stored.Fact);
            if (!_unfolded.Remove(stored.Position.Offset))
            {
                FoldOrSkip(_forItems, folder);
            }

            // Let go at once: what is held on to for a few thousand facts more is copied by every collection meanwhile.
            _held[_forItems++] = default;
            Volatile.Write(ref _folded, _folded + 1);
        }

        if (_forItems > 4096 && _forItems > _held.Count / 2)
        {
            Release();
        }
    }

    private void ObserveHeld(long offset, EmbeddedPersonStore persons)
    {
        while (_forPersons < _held.Count && _held[_forPersons].Position.Offset < offset)
        {
            ObserveOrSkip(_held[_forPersons++], persons);
        }
    }

    // As the node that served: what persons cannot fold, items do not fold either.
    private void ObserveOrSkip(StoredFact stored, EmbeddedPersonStore persons)
    {
        try
        {
            persons.Observe(stored);
        }
        catch (Exception fault)
        {
            _unfolded.Add(stored.Position.Offset);
            reader.Skip(stored.Position, fault);
        }
    }

    private void FoldOrSkip(int held, FeatureFolder folder)
    {
        try
        {
            folder.Apply(CollectionsMarshal.AsSpan(_held), held);
        }
        catch (Exception fault)
        {
            reader.Skip(_held[held].Position, fault);
        }
    }

    /// <summary>Reads a batch; false at the end.</summary>
    private async ValueTask<bool> ReadAsync(CancellationToken cancellation)
    {
        var ahead = _ahead;
        _ahead = null;
        var batch = ahead is null ? [] : await ahead;
        if (batch.Count == 0)
        {
            // What was read ahead of the end may be there by now.
            batch = await reader.ReadAsync(stream, partition, _read, cancellation);
        }

        if (batch.Count == 0)
        {
            return false;
        }

        if (batch[0].Position.Offset > _read && reader.IsRetired(stream, partition, _read))
        {
            retired(batch[0]);
        }

        _held.AddRange(batch);
        _read = batch[^1].Position.Offset + 1;
        _ahead = reader.ReadAsync(stream, partition, _read, cancellation);
        return true;
    }

    /// <summary>Lets go of what both have folded: now and then and all at once, since removing from the front one by one would cost the square.</summary>
    internal void Release()
    {
        _held.RemoveRange(0, _forItems);
        _forPersons -= _forItems;
        _forItems = 0;
    }
}
