using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// The first half of a walk: goes through decisions in the order of their epochs, folds persons up to each one's own cut, and says what items do next. It needs nothing of items, so that
/// it may go ahead of them. One use.
/// </summary>
internal sealed class PersonWalk
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private static readonly JournalStream[] FoldedStreams = [JournalStream.Control, JournalStream.Items, JournalStream.Events];

    private readonly IJournalReader _journal;
    private readonly WalkOptions _options;
    private readonly EmbeddedPersonStore _persons;
    private readonly SkippingReader _reader;
    private readonly List<PartitionFeed> _feeds = [];
    private readonly ConcurrentBag<PersonBuffer> _buffers = [];
    private readonly long[] _cut;
    private readonly string _definitions;
    private readonly TimeSpan _reach;
    private UnixMicros _historyFrom = new(long.MinValue);
    private UnixMicros _erasureMet = new(long.MinValue);
    private UnixMicros _erasure = new(long.MinValue);
    private UnixMicros _swept = new(long.MinValue);
    private long _toFold;

    internal PersonWalk(IJournalReader journal, FeatureSet features, WalkOptions options, Action<Position, Exception> skipped)
    {
        (_journal, _options) = (journal, options);
        _definitions = options.Folding.Fingerprint(features);
        var partitions = journal.Partitions(JournalStream.Events);
        _persons = EmbeddedPersonStore.OfOneThread(features.Persons, partitions, options.Folding.SessionIdle, options.MaxPersons, options.Keys);
        _cut = new long[partitions];
        _reader = new SkippingReader(journal, skipped, options.Rest);
        _reach = Enum.GetValues<PersonEntity>().Select(features.Persons.Reach).Append(features.Reach).Max() + PersonLayout.LongestSession;
    }

    /// <summary>How many facts there are to fold, about; 0 before that is known.</summary>
    internal long ToFold => Volatile.Read(ref _toFold);

    /// <summary>Whether no bound on persons was hit.</summary>
    internal bool IsWhole => _persons.Evicted == 0;

    /// <summary>Takes back the buffer of a step that is done.</summary>
    internal void Return(PersonBuffer buffer) => _buffers.Add(buffer);

    /// <summary>All that items do, in order.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    internal async IAsyncEnumerable<WalkStep> StepsAsync(JournalTail? tail, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var decisions = new DecisionFeed(_reader, _journal, _options, tail);
        await decisions.BeginAsync(cancellation);
        while (await decisions.NextAsync(cancellation) is { } next)
        {
            if (next.IsMissed)
            {
                foreach (var stored in next.Decisions)
                {
                    yield return new WalkStep.Miss((Decided)stored.Fact, next.Reason.Value);
                }

                continue;
            }

            if (_feeds.Count == 0)
            {
                // Not before: where nothing was decided nothing need be read.
                await OpenFeedsAsync(tail?.Now ?? _options.To, cancellation);
            }

            await foreach (var step in FoldAsync(next.Epoch, next.Decisions, cancellation))
            {
                yield return step;
            }

            yield return new WalkStep.Pass(next.Epoch.Until, decisions.Latest);
        }

        yield return new WalkStep.Pass(_options.To, decisions.Latest);
    }

    private async IAsyncEnumerable<WalkStep> FoldAsync(EpochFrozen epoch, List<StoredFact> decisions, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (epoch.Definitions != _definitions)
        {
            yield return new WalkStep.Other(epoch, decisions.Count);
        }

        var refused = Refusal(epoch);
        foreach (var feed in refused is null ? _feeds : [])
        {
            var cut = CutOf(epoch, feed);
            await foreach (var step in feed.FoldAsync(cut, cancellation))
            {
                yield return step;
            }

            refused = feed.EndsBelow(cut) ? NotVisited.JournalShort : refused;
        }

        if (refused is { } reason)
        {
            foreach (var stored in decisions)
            {
                yield return new WalkStep.Miss((Decided)stored.Fact, reason);
            }

            yield break;
        }

        if (ForgetErased(epoch.Until))
        {
            yield return new WalkStep.Forget();
        }

        if (decisions.Count == 0)
        {
            yield break;
        }

        yield return new WalkStep.Stand(epoch);
        decisions.Sort(static (one, other) => InOrder(one, other));
        foreach (var stored in decisions)
        {
            var person = _buffers.TryTake(out var free) ? free : new PersonBuffer();
            var why = await BringBackAsync(epoch, (Decided)stored.Fact, person, cancellation);
            yield return new WalkStep.Visit(stored, person, why, _historyFrom, _persons.Losses);
        }
    }

    private async Task OpenFeedsAsync(UnixMicros end, CancellationToken cancellation)
    {
        var from = _options.From - _options.OldestEpoch - _reach;
        foreach (var stream in FoldedStreams)
        {
            for (var partition = 0; partition < _journal.Partitions(stream); partition++)
            {
                var start = stream == JournalStream.Events ? await _journal.SeekAsync(stream, partition, from, cancellation) : _journal.Range(stream, partition).First;
                if (stream == JournalStream.Events)
                {
                    await EarlierConsents.RecallAsync(_journal, _reader, _options.Folding.Tenant, partition, start, _persons, cancellation);
                }

                _feeds.Add(new PartitionFeed(_reader, _feeds.Count, (stream, partition), start, _persons, Meet, stream == JournalStream.Events ? first => NoteGap(first.Fact.Received) : _ => { }));
                Volatile.Write(ref _toFold, _toFold + await _journal.SeekAsync(stream, partition, _options.To, cancellation) - start);
                if (stream == JournalStream.Events && start > 0 && start == _journal.Range(stream, partition).First)
                {
                    await NoteShortAsync(partition, start, from, end, cancellation);
                }
            }
        }
    }

    /// <summary>Retention may have taken what a start would read.</summary>
    private async Task NoteShortAsync(int partition, long start, UnixMicros from, UnixMicros end, CancellationToken cancellation)
    {
        var first = await _reader.ReadAsync(JournalStream.Events, partition, start, cancellation);
        if (first.Count == 0)
        {
            NoteGap(end); // All of it, up to nobody knows when.
        }
        else if (first[0].Fact.Received > from)
        {
            NoteGap(first[0].Fact.Received);
        }
    }

    /// <summary>Events before <paramref name="end"/> are missing: windows that begin later are whole all the same.</summary>
    private void NoteGap(UnixMicros end) => _historyFrom = end + _reach > _historyFrom ? end + _reach : _historyFrom;

    private void Meet(StoredFact stored)
    {
        if (stored.Fact is UserErased && stored.Fact.Received > _erasureMet)
        {
            _erasureMet = stored.Fact.Received;
        }
    }

    /// <summary>Forgets whose keys are gone, some time after an erasure was read: they are found by looking at all, hence not for each.</summary>
    private bool ForgetErased(UnixMicros now)
    {
        if (_options.Keys is null || _erasureMet <= _erasure || now < _swept + SweepInterval)
        {
            return false;
        }

        (_erasure, _swept) = (_erasureMet, now);
        _persons.ForgetErased();
        return true;
    }

    private NotVisited? Refusal(EpochFrozen epoch) => epoch switch
    {
        { Definitions: null } when !_options.AnyDefinitions => NotVisited.OldRecord,
        _ when epoch.Definitions != _definitions && !_options.AnyDefinitions => NotVisited.OtherDefinitions,
        _ when epoch.Until < _historyFrom => NotVisited.HistoryShort,
        _ => null,
    };

    /// <summary>Folds persons up to what the decision knew of its own, and reads it; says why not when that cannot be.</summary>
    private async ValueTask<NotVisited?> BringBackAsync(EpochFrozen epoch, Decided decided, PersonBuffer person, CancellationToken cancellation)
    {
        person.Clear();
        if (decided.Erased)
        {
            return NotVisited.Erased;
        }

        if (decided.Asked == default)
        {
            return NotVisited.OldRecord;
        }

        if (decided.UserAhead.IsDefaultOrEmpty)
        {
            return null;
        }

        foreach (var feed in _feeds)
        {
            if (feed.Stream != JournalStream.Events)
            {
                continue;
            }

            _cut[feed.Partition] = CutOf(epoch, feed) + decided.UserAhead[feed.Partition];
            await feed.FoldPersonsAsync(_cut[feed.Partition], cancellation);
            if (feed.EndsBelow(_cut[feed.Partition]))
            {
                return NotVisited.JournalShort;
            }
        }

        if (!_persons.IsAsOf(decided.Tenant, decided.User, decided.Session, _cut))
        {
            return NotVisited.PersonPassed;
        }

        _persons.Read(decided.Tenant, decided.User, decided.Session, person);
        return null;
    }

    private static long CutOf(EpochFrozen epoch, PartitionFeed feed)
    {
        foreach (var next in epoch.Cut)
        {
            if (next.Stream == feed.Stream && next.Partition == feed.Partition)
            {
                return next.Offset;
            }
        }

        return 0;
    }

    /// <summary>A total order, which the size of batches and where reading began leave no trace in: the same rows come in the same order.</summary>
    private static int InOrder(StoredFact one, StoredFact other)
    {
        var byPerson = ByPerson((Decided)one.Fact, (Decided)other.Fact);
        return byPerson != 0 ? byPerson : (one.Position.Partition, one.Position.Offset).CompareTo((other.Position.Partition, other.Position.Offset));
    }

    /// <summary>Decisions whose persons were further behind come first; persons are folded by one writer, so that their cuts have an order.</summary>
    private static int ByPerson(Decided one, Decided other)
    {
        var partitions = Math.Min(one.UserAhead.Length, other.UserAhead.Length);
        for (var partition = 0; partition < partitions; partition++)
        {
            if (one.UserAhead[partition] != other.UserAhead[partition])
            {
                return one.UserAhead[partition].CompareTo(other.UserAhead[partition]);
            }
        }

        return one.UserAhead.Length.CompareTo(other.UserAhead.Length);
    }
}
