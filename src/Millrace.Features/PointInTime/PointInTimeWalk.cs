using Millrace.Features.Definitions;
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
    private readonly FeatureSet _features;
    private readonly WalkOptions _options;
    private readonly FeatureFolder _folder;
    private readonly PersonWalk _persons;
    private readonly Action<Position, Exception> _skip;
    private readonly List<ItemFeed> _feeds = [];
    private readonly Moment _moment;
    private readonly Lock _skipping = new();
    private long _folded;
    private volatile PersonLosses _losses = new(null, null);

    /// <param name="journal">What is read; nothing is written.</param>
    /// <param name="features">The definitions: decisions that were taken under others are counted and passed over.</param>
    /// <param name="options">Which decisions, and how they were folded.</param>
    /// <param name="skipped">Told of each record that is no fact, and each fact that cannot be folded; null when nobody wants to know.</param>
    public PointInTimeWalk(IJournalReader journal, FeatureSet features, WalkOptions options, Action<Position, Exception>? skipped = null)
    {
        (_features, _options) = (features, options);
        _folder = new FeatureFolder(features, options.Folding, options.Keys);
        _skip = (position, fault) =>
        {
            lock (_skipping)
            {
                Counts.Skipped++;
                skipped?.Invoke(position, fault);
            }
        };
        _persons = new PersonWalk(journal, features, options, _skip);
        _moment = new Moment { Inexact = InexactOf };
    }

    /// <summary>What was met so far.</summary>
    public WalkCounts Counts { get; } = new();

    /// <summary>How many facts items have folded; any thread may ask.</summary>
    public long Folded => Volatile.Read(ref _folded);

    /// <summary>How many facts there are to fold, about; 0 before that is known.</summary>
    public long ToFold => _persons.ToFold;

    /// <summary>When the last record of a decision, or of an epoch, was received that the journal holds; beyond the walk's end it may be an earlier one.</summary>
    public UnixMicros Latest { get; private set; } = new(long.MinValue);

    /// <summary>Whether the folder counted all that the facts say: see <see cref="FoldCounts.Whole"/>.</summary>
    public bool Whole => _folder.Counts.Whole && _persons.IsWhole;

    /// <summary>Why the values of a feature at a time may be others than the facts say; null when they are not.</summary>
    /// <inheritdoc cref="Inexactness.Covers" path="/param"/>
    public Inexactness? InexactOf(FeatureDefinition feature, UnixMicros epoch, UnixMicros asked) => _folder.Counts.Whole && _losses.None ? null
        : Inexactness.Longest(_folder.InexactOf(feature, epoch, asked), Inexactness.Of(feature, _features, _losses, epoch, asked));

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
        var steps = _persons.StepsAsync(tail, cancellation);
        await foreach (var step in _options.PersonsAhead ? StepsAhead.Of(steps, cancellation) : steps)
        {
            switch (step)
            {
                case WalkStep.Fold fold:
                    Fold(fold);
                    break;
                case WalkStep.Visit visit:
                    await VisitAsync(visit, visitor, cancellation);
                    _persons.Return(visit.Person);
                    break;
                case WalkStep.Stand stand:
                    _moment.Snapshot = _folder.At(stand.Epoch.Epoch, stand.Epoch.Until);
                    break;
                case WalkStep.Forget:
                    _folder.ForgetSessions([], erased: true);
                    break;
                case WalkStep.Miss miss:
                    Counts.Count(miss.Reason, miss.Decided);
                    break;
                case WalkStep.Other other:
                    Counts.Other(other.Epoch, other.Decisions);
                    break;
                case WalkStep.Pass pass:
                    (Reached, Latest) = (pass.Reached, pass.Latest);
                    break;
            }
        }
    }

    private void Fold(WalkStep.Fold step)
    {
        while (_feeds.Count <= step.Feed)
        {
            _feeds.Add(new ItemFeed(_skip));
        }

        Volatile.Write(ref _folded, _folded + _feeds[step.Feed].Fold(step, _folder, Counts));
    }

    private async ValueTask VisitAsync(WalkStep.Visit visit, IMomentVisitor visitor, CancellationToken cancellation)
    {
        var refused = visit.Refused;
        if (refused is null or NotVisited.PersonPassed && _moment.Snapshot.Time < visit.HistoryFrom)
        {
            refused = NotVisited.HistoryShort; // Retention went on while this was folded.
        }

        if (refused is { } reason)
        {
            Counts.Count(reason, visit.Decided);
            return;
        }

        _losses = visit.Losses;
        (_moment.Decided, _moment.Position, _moment.Person) = (visit.Decided, visit.Stored.Position, visit.Person);
        await visitor.VisitAsync(_moment, cancellation);
        Counts.Visited++;
        await (_options.Rest?.Invoke(cancellation) ?? ValueTask.CompletedTask);
    }
}
