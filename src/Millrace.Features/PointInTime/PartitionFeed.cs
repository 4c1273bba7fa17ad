using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>
/// The facts of one partition on their way into persons and items, which fold them at different moments: persons are a little ahead, and what lies between is held.
/// The next batch is read while this one is folded.
/// </summary>
internal sealed class PartitionFeed(SkippingReader reader, JournalStream stream, int partition, long start)
{
    private readonly List<StoredFact> _held = [];
    private Task<IReadOnlyList<StoredFact>>? _ahead;
    private int _forItems;
    private long _folded;
    private int _forPersons;
    private long _read = start;
    private bool _ended;

    internal JournalStream Stream => stream;

    internal int Partition => partition;

    /// <summary>The first offset that items do not fold.</summary>
    internal long Items { get; private set; } = start;

    /// <summary>How many facts items have folded.</summary>
    internal long Folded => Volatile.Read(ref _folded);

    /// <summary>The first offset that persons do not fold.</summary>
    internal long Persons { get; private set; } = start;

    /// <summary>Folds everything below <paramref name="offset"/> into items, and into persons what they have not folded yet.</summary>
    internal async ValueTask FoldItemsAsync(long offset, FeatureFolder folder, EmbeddedPersonStore persons, CancellationToken cancellation)
    {
        await FoldPersonsAsync(offset, persons, cancellation);
        while (_forItems < _held.Count && _held[_forItems].Position.Offset < offset)
        {
            folder.Apply(_held[_forItems++]);
            Volatile.Write(ref _folded, _folded + 1);
        }

        Items = Math.Max(Items, offset);
        Release();
    }

    /// <summary>Folds everything below <paramref name="offset"/> into persons.</summary>
    internal async ValueTask FoldPersonsAsync(long offset, EmbeddedPersonStore persons, CancellationToken cancellation)
    {
        await ReadAsync(offset, cancellation);
        while (_forPersons < _held.Count && _held[_forPersons].Position.Offset < offset)
        {
            persons.Observe(_held[_forPersons++]);
        }

        Persons = Math.Max(Persons, offset);
    }

    private async ValueTask ReadAsync(long offset, CancellationToken cancellation)
    {
        while (_read < offset && !_ended)
        {
            var batch = await (_ahead ?? reader.ReadAsync(stream, partition, _read, cancellation));
            _ended = batch.Count == 0;
            _held.AddRange(batch);
            _read = _ended ? _read : batch[^1].Position.Offset + 1;
            _ahead = _ended ? null : reader.ReadAsync(stream, partition, _read, cancellation);
        }
    }

    // What both have folded goes, now and then and all at once: removing from the front one by one would cost the square.
    private void Release()
    {
        if (_forItems > 4096 && _forItems > _held.Count / 2)
        {
            _held.RemoveRange(0, _forItems);
            _forPersons -= _forItems;
            _forItems = 0;
        }
    }
}
