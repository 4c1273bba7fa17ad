using System.Runtime.CompilerServices;
using Millrace.Features.Local;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>
/// The facts of one partition on their way into persons, and from there to items, which fold them when an epoch's cut says so. The next batch is read while this one is folded.
/// </summary>
/// <param name="reader">Reads the partition.</param>
/// <param name="number">Its place among those that are folded.</param>
/// <param name="of">Its stream and number.</param>
/// <param name="start">The first offset that is read.</param>
/// <param name="persons">Fold the facts.</param>
/// <param name="met">Told of each fact that persons have come to.</param>
/// <param name="retired">Told of the first fact behind what retention took before it was read.</param>
internal sealed class PartitionFeed(
    SkippingReader reader, int number, (JournalStream Stream, int Partition) of, long start, EmbeddedPersonStore persons, Action<StoredFact> met, Action<StoredFact> retired)
{
    private readonly Queue<FactBatch> _fresh = new();
    private Task<IReadOnlyList<StoredFact>>? _ahead;
    private FactBatch _batch = new([]);
    private int _at;
    private long _read = start;
    private long _handed = start;

    internal JournalStream Stream => of.Stream;

    internal int Partition => of.Partition;

    /// <summary>Whether the partition ends below an offset to which it was folded, so that there is less to know than there was.</summary>
    internal bool EndsBelow(long offset) => _read < offset && reader.EndOf(of.Stream, of.Partition) < offset;

    /// <summary>Folds everything below <paramref name="offset"/> into persons, and hands it to items: batch by batch, since there may be days of facts.</summary>
    internal async IAsyncEnumerable<WalkStep> FoldAsync(long offset, [EnumeratorCancellation] CancellationToken cancellation)
    {
        do
        {
            Observe(offset);
            while (_fresh.TryDequeue(out var facts))
            {
                yield return new WalkStep.Fold(number, facts, offset);
                _handed = offset;
            }
        }
        while (_read < offset && await ReadAsync(cancellation));

        if (_handed < offset)
        {
            _handed = offset;
            yield return new WalkStep.Fold(number, null, offset);
        }
    }

    /// <summary>Folds everything below <paramref name="offset"/> into persons alone.</summary>
    internal async ValueTask FoldPersonsAsync(long offset, CancellationToken cancellation)
    {
        do
        {
            Observe(offset);
        }
        while (_read < offset && await ReadAsync(cancellation));
    }

    private void Observe(long offset)
    {
        var facts = _batch.Facts;
        while (_at < facts.Length && facts[_at].Position.Offset < offset)
        {
            ObserveOrSkip(facts[_at], _at++);
        }
    }

    private void ObserveOrSkip(StoredFact stored, int at)
    {
        met(stored);
        try
        {
            persons.Observe(stored);
        }
        catch (Exception fault)
        {
            _batch.PassOver(at);
            reader.Skip(stored.Position, fault);
        }
    }

    /// <summary>Reads a batch, once the last one is folded; false at the end.</summary>
    private async ValueTask<bool> ReadAsync(CancellationToken cancellation)
    {
        var ahead = _ahead;
        _ahead = null;
        var batch = ahead is null ? [] : await ahead;
        if (batch.Count == 0)
        {
            // What was read ahead of the end may be there by now.
            batch = await reader.ReadAsync(of.Stream, of.Partition, _read, cancellation);
        }

        if (batch.Count == 0)
        {
            return false;
        }

        if (batch[0].Position.Offset > _read && reader.IsRetired(of.Stream, of.Partition, _read))
        {
            retired(batch[0]);
        }

        (_batch, _at) = (new FactBatch([.. batch]), 0);
        _fresh.Enqueue(_batch);
        _read = batch[^1].Position.Offset + 1;
        _ahead = reader.ReadAsync(of.Stream, of.Partition, _read, cancellation);
        return true;
    }
}
