using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Goes through a journal's decisions in the order of their epochs and brings back, for each, what it knew: the folder stands at the epoch's cut and time, persons at the
/// decision's own cut. The fold and the reads are those that serve; no fact from beyond the cuts is ever handed to them. One use.
/// </summary>
public sealed class PointInTimeWalk
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private static readonly JournalStream[] FoldedStreams = [JournalStream.Control, JournalStream.Items, JournalStream.Events];

    private readonly IJournalReader _journal;
    private readonly FeatureSet _features;
    private readonly WalkOptions _options;
    private readonly FeatureFolder _folder;
    private readonly EmbeddedPersonStore _persons;
    private readonly SkippingReader _reader;
    private PartitionFeed[] _feeds = [];
    private readonly Moment _moment = new();
    private readonly long[] _cut;
    private readonly string _definitions;
    private TimeSpan _reach;
    private UnixMicros _historyFrom = new(long.MinValue);
    private UnixMicros _erasure = new(long.MinValue);
    private UnixMicros _swept = new(long.MinValue);

    /// <param name="journal">What is read; nothing is written.</param>
    /// <param name="features">The definitions: decisions that were taken under others are counted and passed over.</param>
    /// <param name="options">Which decisions, and how they were folded.</param>
    /// <param name="skipped">Told of each record that is no fact, and each fact that cannot be folded; null when nobody wants to know.</param>
    public PointInTimeWalk(IJournalReader journal, FeatureSet features, WalkOptions options, Action<Position, Exception>? skipped = null)
    {
        (_journal, _features, _options) = (journal, features, options);
        _folder = new FeatureFolder(features, options.Folding, options.Keys);
        _definitions = options.Folding.Fingerprint(features);
        var partitions = journal.Partitions(JournalStream.Events);
        _persons = new EmbeddedPersonStore(features.Persons, partitions, options.Folding.SessionIdle, options.MaxPersons, options.Keys);
        _cut = new long[partitions];
        _reader = new SkippingReader(journal, (position, fault) =>
        {
            Counts.Skipped++;
            skipped?.Invoke(position, fault);
        }, options.Rest);
    }

    /// <summary>What was met so far.</summary>
    public WalkCounts Counts { get; } = new();

    /// <summary>How many facts items have folded; any thread may ask.</summary>
    public long Folded => Volatile.Read(ref _feeds).Sum(feed => feed.Folded);

    /// <summary>How many facts there are to fold, about; 0 before that is known.</summary>
    public long ToFold { get; private set; }

    /// <summary>When the last record of a decision, or of an epoch, was received that the journal holds; beyond the walk's end it may be an earlier one.</summary>
    public UnixMicros Latest { get; private set; } = new(long.MinValue);

    /// <summary>Whether the folder counted all that the facts say: see <see cref="FoldCounts.Whole"/>.</summary>
    public bool Whole => _folder.Counts.Whole && _persons.Evicted == 0;

    /// <summary>Why the values of a feature at a time may be others than the facts say; null when they are not.</summary>
    public Inexactness? InexactOf(FeatureDefinition feature, UnixMicros time) => _folder.InexactOf(feature, time) ?? _persons.InexactOf(feature, _features, time);

    /// <summary>How far decisions are read, as a time between From and To.</summary>
    public UnixMicros Reached { get; private set; }

    /// <summary>Walks to the end.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public Task RunAsync(IMomentVisitor visitor, CancellationToken cancellation = default) => RunAsync(visitor, null, cancellation);

    /// <summary>Walks, and goes on with what the journal receives, a horizon and a second or so behind it, until cancelled.</summary>
    /// <param name="visitor">Called for each decision.</param>
    /// <param name="clock">The clock by which facts are received.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended; nothing else ends it.</exception>
    public async Task FollowAsync(IMomentVisitor visitor, TimeProvider clock, CancellationToken cancellation)
    {
        using var tail = new JournalTail(clock);
        await RunAsync(visitor, tail, cancellation);
    }

    private async Task RunAsync(IMomentVisitor visitor, JournalTail? tail, CancellationToken cancellation)
    {
        Counts.Missed = visitor.Missed;
        var decisions = new DecisionFeed(_reader, _journal, _options, Counts, tail);
        await decisions.BeginAsync(cancellation);
        await OpenFeedsAsync(tail?.Now ?? _options.To, cancellation);
        while (await decisions.NextAsync(cancellation) is { } next)
        {
            Latest = decisions.Latest;
            await VisitAsync(next.Epoch, next.Decisions, visitor, cancellation);
            Reached = next.Epoch.Until;
        }

        (Reached, Latest) = (_options.To, decisions.Latest);
    }

    private async Task OpenFeedsAsync(UnixMicros end, CancellationToken cancellation)
    {
        var reach = _features.Reach;
        foreach (var of in Enum.GetValues<PersonEntity>())
        {
            reach = TimeSpan.FromTicks(Math.Max(reach.Ticks, _features.Persons.Reach(of).Ticks));
        }

        _reach = reach + PersonLayout.LongestSession;
        var from = _options.From - _options.OldestEpoch - _reach;
        var feeds = new List<PartitionFeed>();
        foreach (var stream in FoldedStreams)
        {
            for (var partition = 0; partition < _journal.Partitions(stream); partition++)
            {
                var start = stream == JournalStream.Events ? await _journal.SeekAsync(stream, partition, from, cancellation) : _journal.Range(stream, partition).First;
                if (stream == JournalStream.Events)
                {
                    await EarlierConsents.RecallAsync(_journal, _reader, _options.Folding.Tenant, partition, start, _persons, cancellation);
                }

                feeds.Add(new PartitionFeed(_reader, stream, partition, start, Counts, stream == JournalStream.Events ? first => NoteGap(first.Fact.Received) : _ => { }));
                ToFold += await _journal.SeekAsync(stream, partition, _options.To, cancellation) - start;
                if (stream == JournalStream.Events && start > 0 && start == _journal.Range(stream, partition).First)
                {
                    await NoteShortAsync(partition, start, from, end, cancellation);
                }
            }
        }

        Volatile.Write(ref _feeds, [.. feeds]);
    }

    private bool IsExactAt(UnixMicros time) => Whole || _features.Definitions.All(feature => InexactOf(feature, time) is null);

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

    private async Task VisitAsync(EpochFrozen epoch, List<StoredFact> decisions, IMomentVisitor visitor, CancellationToken cancellation)
    {
        if (epoch.Definitions != _definitions)
        {
            Counts.Other(epoch, decisions.Count);
        }

        if (Refusal(epoch) is { } refused)
        {
            decisions.ForEach(stored => Counts.Count(refused, (Decided)stored.Fact));
            return;
        }

        var isShort = false;
        foreach (var feed in _feeds)
        {
            var cut = CutOf(epoch, feed);
            await feed.FoldItemsAsync(cut, _folder, _persons, cancellation);
            isShort |= feed.EndsBelow(cut);
        }

        if (isShort)
        {
            decisions.ForEach(stored => Counts.Count(NotVisited.JournalShort, (Decided)stored.Fact));
            return;
        }

        ForgetErased(epoch.Until);
        if (decisions.Count == 0)
        {
            return;
        }

        _moment.Snapshot = _folder.At(epoch.Epoch, epoch.Until);
        decisions.Sort(static (one, other) => InOrder(one, other));
        foreach (var stored in decisions)
        {
            var decided = (Decided)stored.Fact;
            if (await BringBackAsync(epoch, decided, cancellation) is { } reason)
            {
                Counts.Count(reason, decided);
                continue;
            }

            (_moment.Decided, _moment.Position, _moment.IsWhole) = (decided, stored.Position, IsExactAt(epoch.Until > WalkOptions.TimeOf(decided) ? epoch.Until : WalkOptions.TimeOf(decided)));
            await visitor.VisitAsync(_moment, cancellation);
            Counts.Visited++;
            await (_options.Rest?.Invoke(cancellation) ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Forgets whose keys are gone, some time after an erasure was read: they are found by looking at all, hence not for each.</summary>
    private void ForgetErased(UnixMicros now)
    {
        if (_options.Keys is null || Counts.Erasure is not { } erasure || erasure <= _erasure || now < _swept + SweepInterval)
        {
            return;
        }

        (_erasure, _swept) = (erasure, now);
        _persons.ForgetErased();
        _folder.ForgetSessions([], erased: true);
        foreach (var feed in _feeds)
        {
            feed.Release();
        }
    }

    private NotVisited? Refusal(EpochFrozen epoch) => epoch switch
    {
        { Definitions: null } when !_options.AnyDefinitions => NotVisited.OldRecord,
        _ when epoch.Definitions != _definitions && !_options.AnyDefinitions => NotVisited.OtherDefinitions,
        _ when epoch.Until < _historyFrom => NotVisited.HistoryShort,
        _ => null,
    };

    /// <summary>Folds persons up to what the decision knew of its own, and reads it; says why not when that cannot be.</summary>
    private async ValueTask<NotVisited?> BringBackAsync(EpochFrozen epoch, Decided decided, CancellationToken cancellation)
    {
        _moment.Person.Clear();
        if (decided.Erased)
        {
            return NotVisited.Erased;
        }

        if (decided.Asked == default)
        {
            return NotVisited.OldRecord;
        }

        foreach (var feed in _feeds.Where(feed => feed.Stream == JournalStream.Events && !decided.UserAhead.IsDefaultOrEmpty))
        {
            _cut[feed.Partition] = CutOf(epoch, feed) + decided.UserAhead[feed.Partition];
            await feed.FoldPersonsAsync(_cut[feed.Partition], _persons, cancellation);
            if (feed.EndsBelow(_cut[feed.Partition]))
            {
                return NotVisited.JournalShort;
            }
        }

        if (_moment.Snapshot.Time < _historyFrom)
        {
            return NotVisited.HistoryShort; // Retention went on while this was folded.
        }

        if (decided.UserAhead.IsDefaultOrEmpty)
        {
            return null;
        }

        if (!_persons.IsAsOf(decided.Tenant, decided.User, decided.Session, _cut))
        {
            return NotVisited.PersonPassed;
        }

        _persons.Read(decided.Tenant, decided.User, decided.Session, _moment.Person);
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
