using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Decisions by epoch, from records that stand in several partitions and, written behind replies, not quite in the order of epochs. An epoch is handed out once every
/// partition has been read to a horizon past it.
/// </summary>
internal sealed class DecisionFeed(SkippingReader reader, IJournalReader journal, WalkOptions options, WalkCounts counts)
{
    private readonly SortedDictionary<long, List<StoredFact>> _pending = [];
    private readonly SortedDictionary<long, EpochFrozen> _epochs = [];
    private readonly List<Cursor> _cursors = [];
    private long _handed = long.MinValue;

    /// <summary>How far the slowest partition is read; the end of time when all are at their ends.</summary>
    internal UnixMicros ReadTo => _cursors.Count == 0 ? new UnixMicros(long.MaxValue) : _cursors.Min(cursor => cursor.Received);

    /// <summary>The latest time at which anything was received of what is read.</summary>
    internal UnixMicros Latest { get; private set; } = new(long.MinValue);

    internal async Task BeginAsync(CancellationToken cancellation)
    {
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var from = await journal.SeekAsync(JournalStream.Decisions, partition, options.From - options.OldestEpoch, cancellation);
            _cursors.Add(new Cursor(partition) { Next = from });
        }
    }

    /// <summary>The next epoch that has decisions, with those; null at the end.</summary>
    internal async Task<(EpochFrozen Epoch, List<StoredFact> Decisions)?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (_pending.Count > 0 && IsWhole(_pending.First().Key, _pending.First().Value))
            {
                var (number, decisions) = _pending.First();
                _pending.Remove(number);
                _handed = number;
                if (_epochs.TryGetValue(number, out var epoch))
                {
                    ForgetBefore(number);
                    return (epoch, decisions);
                }

                decisions.ForEach(_ => counts.Count(NotVisited.EpochUnknown));
            }

            if (_cursors.Count == 0)
            {
                return null;
            }

            await AdvanceAsync(_cursors.MinBy(cursor => cursor.Received)!, cancellation);
        }
    }

    // An epoch that was never recorded, since the disk was full, must not hold up those after it.
    private bool IsWhole(long number, List<StoredFact> decisions) => _cursors.Count == 0
        || ReadTo > (_epochs.TryGetValue(number, out var epoch) ? epoch.Until : decisions[0].Fact.Received) + options.Horizon;

    private async Task AdvanceAsync(Cursor cursor, CancellationToken cancellation)
    {
        var batch = await reader.ReadAsync(JournalStream.Decisions, cursor.Partition, cursor.Next, cancellation);
        foreach (var stored in batch)
        {
            cursor.Next = stored.Position.Offset + 1;
            cursor.Received = stored.Fact.Received;
            Latest = cursor.Received > Latest ? cursor.Received : Latest;
            Take(stored);
        }

        // A horizon past the end: what belongs to the last epochs may stand behind what was received later.
        if (batch.Count == 0 || cursor.Received >= options.To + options.Horizon)
        {
            _cursors.Remove(cursor);
        }
    }

    private void Take(StoredFact stored)
    {
        switch (stored.Fact)
        {
            case EpochFrozen epoch:
                _epochs[epoch.Epoch] = epoch;
                break;
            case Decided decided when options.Takes(decided):
                if (decided.Epoch < _handed)
                {
                    counts.Count(NotVisited.Late);
                    break;
                }

                if (!_pending.TryGetValue(decided.Epoch, out var decisions))
                {
                    _pending.Add(decided.Epoch, decisions = []);
                }

                decisions.Add(stored);
                break;
        }
    }

    private void ForgetBefore(long number)
    {
        while (_epochs.Count > 0 && _epochs.Keys.First() < number)
        {
            _epochs.Remove(_epochs.Keys.First());
        }
    }

    private sealed class Cursor(int partition)
    {
        internal int Partition => partition;

        internal long Next { get; set; }

        internal UnixMicros Received { get; set; } = new(long.MinValue);
    }
}
