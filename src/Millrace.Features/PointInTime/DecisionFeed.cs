using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Decisions by epoch, from records that stand in several partitions and, written behind replies, not quite in the order of epochs. An epoch is handed out once every
/// partition has been read to a horizon past it.
/// </summary>
/// <param name="reader">Reads decisions.</param>
/// <param name="journal">Says where they begin.</param>
/// <param name="options">Which are wanted.</param>
/// <param name="tail">Follows the journal as it grows; null ends at its end.</param>
internal sealed class DecisionFeed(SkippingReader reader, IJournalReader journal, WalkOptions options, JournalTail? tail = null)
{
    private readonly SortedDictionary<long, List<StoredFact>> _pending = [];
    private readonly SortedDictionary<long, EpochFrozen> _epochs = [];
    private readonly List<Cursor> _cursors = [];
    private List<StoredFact> _late = [];
    private long _handed = long.MinValue;
    private long _kept = long.MinValue;

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

    /// <summary>
    /// The next epoch that has decisions, with those, or an epoch without any where the journal is followed and nothing was decided; or decisions that are missed, as soon as that is
    /// known, so that few records are held on to; null at the end.
    /// </summary>
    internal async Task<DecidedEpoch?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_late.Count > 0)
            {
                var late = _late;
                _late = [];
                return DecidedEpoch.Missed(NotVisited.Late, late);
            }

            if (_pending.Count > 0 && IsWhole(_pending.First().Key, _pending.First().Value))
            {
                var (number, decisions) = _pending.First();
                _pending.Remove(number);
                _handed = number;
                if (!_epochs.TryGetValue(number, out var epoch))
                {
                    return DecidedEpoch.Missed(NotVisited.EpochUnknown, decisions);
                }

                ForgetBefore(number);
                return new DecidedEpoch(epoch, decisions, null);
            }

            if (_cursors.Count == 0)
            {
                return null;
            }

            if (_cursors.Where(cursor => !cursor.AtEnd).MinBy(cursor => cursor.Received) is { } behind)
            {
                await AdvanceAsync(behind, cancellation);
                ForgetBefore(Passed()?.Epoch ?? long.MinValue); // Where nothing is decided, days of epochs would pile up.
            }
            else if (Idle() is { } idle)
            {
                return new DecidedEpoch(idle, [], null);
            }
            else
            {
                await tail!.WaitAsync(cancellation);
                _cursors.ForEach(cursor => cursor.AtEnd = false);
            }
        }
    }

    // An epoch that was never recorded, since the disk was full, must not hold up those after it.
    private bool IsWhole(long number, List<StoredFact> decisions) => _cursors.Count == 0
        || ReadTo > (_epochs.TryGetValue(number, out var epoch) ? epoch.Until : decisions[0].Fact.Received) + options.Horizon;

    /// <summary>The last epoch that no decision can come for any more in time, where none of it or before it is left.</summary>
    private EpochFrozen? Passed()
    {
        var (next, readTo) = (_pending.Count == 0 ? long.MaxValue : _pending.First().Key, ReadTo);
        return _epochs.Values.LastOrDefault(epoch => epoch.Epoch < next && epoch.Until + options.Horizon < readTo);
    }

    /// <summary>An epoch that passed and was not handed out: what it folds is folded now, not all at once after a quiet night.</summary>
    private EpochFrozen? Idle()
    {
        var idle = Passed();
        if (idle is null || idle.Epoch <= _handed)
        {
            return null;
        }

        _handed = idle.Epoch;
        ForgetBefore(_handed);
        return idle;
    }

    private async Task AdvanceAsync(Cursor cursor, CancellationToken cancellation)
    {
        var asked = tail?.Now ?? default;
        var batch = await reader.ReadAsync(JournalStream.Decisions, cursor.Partition, cursor.Next, cancellation);
        foreach (var stored in batch)
        {
            cursor.Next = stored.Position.Offset + 1;
            cursor.Received = stored.Fact.Received;
            Latest = cursor.Received > Latest ? cursor.Received : Latest;
            Take(stored);
        }

        if (tail is not null && batch.Count == 0)
        {
            // What was received before is all there, but for what is written behind by less than the horizon.
            (cursor.AtEnd, cursor.Received) = (true, asked > cursor.Received ? asked : cursor.Received);
            return;
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
                if (decided.Epoch < Math.Max(_handed, _kept))
                {
                    _late.Add(stored);
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
        _kept = Math.Max(_kept, number);
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

        /// <summary>Whether there was nothing more when it was last read.</summary>
        internal bool AtEnd { get; set; }
    }
}
