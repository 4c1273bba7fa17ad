using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>
/// Folds items and events into features, and freezes an epoch each 250 ms. It is the serving generation's one writer. Each epoch is recorded before decisions may name it.
/// Another generation that was folded beside it takes over between two epochs. No failure ends it: what may pass is tried again, at longer and longer intervals.
/// </summary>
internal sealed class FeatureFolding : IAsyncDisposable
{
    /// <summary>How often an epoch may be frozen (DESIGN §9).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>What is refused is tried again after at most so long.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly IJournal _journal;
    private readonly TimeProvider _clock;
    private readonly Readiness _readiness;
    private readonly ILogger _log;
    private readonly EpochFreezer _epochs;
    private readonly Backoff _stalled;
    private readonly Counter<long> _skipped;
    private readonly FeatureCheckpoints? _checkpoints;
    private readonly CancellationTokenSource _stop = new();
    private bool _begun;
    private bool _caughtUp;
    private volatile FoldedGeneration _serving;
    private Pending? _pending;
    private Task _running = Task.CompletedTask;
    private Task _backfilling = Task.CompletedTask;
    private bool _stopped;

    /// <param name="journal">What is folded: items from their beginning, events as far back as features reach.</param>
    /// <param name="folder">Called by nobody else.</param>
    /// <param name="persons">Told of every event as soon as it is durable: a person's own events count at once, ahead of the epoch.</param>
    /// <param name="clock">Ends the windows.</param>
    /// <param name="readiness">Held until what the journal holds at the start is folded.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told when folding fails.</param>
    /// <param name="checkpoints">Where a start goes on from, and what is written for the next; null folds the journal at each.</param>
    public FeatureFolding(
        IJournal journal, FeatureFolder folder, IPersonStore persons, TimeProvider clock, Readiness readiness, Meter meter, ILogger log, FeatureCheckpoints? checkpoints = null)
    {
        (_journal, _clock, _readiness, _log) = (journal, clock, readiness, log);
        _epochs = new EpochFreezer(journal, clock, readiness, log);
        _checkpoints = checkpoints;
        _readiness.Hold(UnreadyReason.FeaturesCatchingUp);
        _stalled = new Backoff(clock, Interval, LongestWait);
        _skipped = meter.CreateCounter<long>("millrace.features.skipped", "{fact}", "Facts that could not be read or folded; the log names each.");
        _serving = Generation(folder, persons);
        meter.CreateObservableGauge("millrace.features.lag", () => Lag, "{fact}", "Durable facts that are not folded yet.");
    }

    /// <summary>Told of what is folded and when it is read; null when nobody measures.</summary>
    public FreshnessWatch? Freshness { get; init; }

    /// <summary>Called with each epoch that was published.</summary>
    public Action? Published { get; init; }

    /// <summary>Called when what the journal held at the start is folded and published; again only when it threw.</summary>
    public Action? CaughtUp { get; init; }

    /// <summary>Fits the priors of rates to what is folded; null when nobody does.</summary>
    public PriorFitting? Priors { get; init; }

    /// <summary>Durable facts that are not folded yet.</summary>
    public long Lag => _serving.Lag;

    /// <summary>What serves.</summary>
    public (FeatureFolder Folder, IPersonStore Persons) Serving => _serving is var now ? (now.Folder, now.Persons) : default;

    /// <summary>Whether a start could not read which sessions users had before: an erasure does not find those. Values are what they are all the same.</summary>
    public bool LinksLost => _serving.Persons is EmbeddedPersonStore { LinksLost: true };

    /// <summary>How far the generation is that will take over; null when there is none.</summary>
    public BackfillProgress? Backfill => Volatile.Read(ref _pending)?.Backfill.Progress;

    /// <summary>Ends when no generation is folded beside the serving one any more: it is level, or was given up.</summary>
    internal Task Backfilling => _backfilling;

    /// <summary>Catches up, then keeps folding until disposed.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Folds another generation beside the one that serves, and has it take over when it is level. One that was under way is given up.</summary>
    /// <param name="folder">Of the new definitions, empty.</param>
    /// <param name="persons">Likewise.</param>
    /// <param name="takeOver">Called between two epochs, when the folder's <see cref="FeatureFolder.Current"/> is as far as the serving one's; again when the journal refuses.</param>
    public void Replace(FeatureFolder folder, IPersonStore persons, ITakeOver takeOver)
    {
        var backfill = new FeatureBackfill(Generation(folder, persons), _clock, _log);
        Interlocked.Exchange(ref _pending, new Pending(backfill, takeOver, new Backoff(_clock, Interval, LongestWait)))?.Backfill.Dispose();
        _backfilling = Task.WhenAll(_backfilling, backfill.RunAsync());
        if (_stop.IsCancellationRequested)
        {
            KeepServing();
        }
    }

    /// <summary>Gives up the backfill that is under way, if one is.</summary>
    public void KeepServing() => Interlocked.Exchange(ref _pending, null)?.Backfill.Dispose();

    /// <summary>Forgets a user and sessions, in what serves and in what will. Any thread calls.</summary>
    public void Forget(string tenant, string user, IReadOnlyList<string> sessions)
    {
        // In this order a take-over in between leaves neither out.
        Volatile.Read(ref _pending)?.Backfill.Generation.Forget(tenant, user, sessions);
        _serving.Forget(tenant, user, sessions);
    }

    /// <summary>Folds what is durable now, and freezes an epoch if something changed or windows are due to move.</summary>
    /// <exception cref="JournalException">A partition cannot be read: the others are folded all the same.</exception>
    public async Task StepAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation);
        var broken = await _serving.FoldAllAsync(cancellation);
        if (Volatile.Read(ref _pending) is { Backfill.IsLevel: true, Refused.IsDue: true } level)
        {
            await TryTakeOverAsync(level, cancellation);
        }

        if (_serving.Changed || _epochs.IsDue)
        {
            await FreezeAsync(_serving, cancellation);
        }

        if (_checkpoints is { IsDue: true })
        {
            _checkpoints.Begin(_serving.Folder, (EmbeddedPersonStore)_serving.Persons);
        }

        if (Priors is { IsDue: true } priors)
        {
            priors.Begin(_serving.Folder.Current);
        }

        broken?.Throw();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        _stop.Cancel();
        KeepServing();
        await _running;
        await _backfilling;
        await (Priors?.Settled ?? Task.CompletedTask);
        if (_checkpoints is not null && _begun)
        {
            await _checkpoints.FinishAsync(_serving.Folder, (EmbeddedPersonStore)_serving.Persons);
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        var waits = new Task?[_serving.Partitions];
        try
        {
            while (true)
            {
                if (_stalled.IsDue)
                {
                    await TryAsync(StepAsync);
                }

                var tick = timer.WaitForNextTickAsync(_stop.Token).AsTask();
                while (!tick.IsCompleted)
                {
                    await Task.WhenAny(Arrivals(waits).Append(tick));
                    if (!tick.IsCompleted)
                    {
                        await TryAsync(FoldArrivedAsync);
                    }
                }

                await tick;
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>What completes when a partition holds a fact that is not folded; nothing while folding stalls, since it is the tick then that tries again.</summary>
    private IEnumerable<Task> Arrivals(Task?[] waits) => _begun && _stalled.IsClear ? _serving.Arrivals(waits, _stop.Token) : [];

    /// <summary>Folds what has become durable since, and leaves the epoch to the next tick: persons read their own events at once.</summary>
    internal async Task FoldArrivedAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation);
        (await _serving.FoldAllAsync(cancellation))?.Throw();
    }

    private async Task TryAsync(Func<CancellationToken, Task> step)
    {
        try
        {
            await step(_stop.Token);
            if (_stalled.Succeed())
            {
                _log.LogInformation(NodeEvents.FoldingResumed, "Features are folded again");
            }

            _readiness.Release(UnreadyReason.FeaturesStalled);
            _readiness.Release(UnreadyReason.FeaturesCatchingUp);
            if (!_caughtUp)
            {
                CaughtUp?.Invoke();
                _caughtUp = true;
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            // Decisions go on with the last snapshot, and say that it is old; new traffic is better served elsewhere.
            _stalled.Fail();
            _readiness.Hold(UnreadyReason.FeaturesStalled);
            _log.LogCritical(NodeEvents.FoldingStalled, fault, "Features cannot be folded whole: decisions use what is there, and it is tried again");
        }
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        if (_begun)
        {
            return;
        }

        await _epochs.BeginAsync(_serving.Folder, cancellation);
        await _serving.BeginAsync(cancellation, _checkpoints is null ? null : new FeatureStart(_checkpoints.Snapshots, _journal, _log));
        Watch(_serving);
        _begun = true;
    }

    private async Task FreezeAsync(FoldedGeneration generation, CancellationToken cancellation)
    {
        await _epochs.FreezeAsync(generation, cancellation);
        Freshness?.Published();
        Published?.Invoke();
    }

    private async Task TryTakeOverAsync(Pending level, CancellationToken cancellation)
    {
        try
        {
            await TakeOverAsync(level, cancellation);
        }
        catch (Exception refused) when (refused is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Of its own: what serves is frozen and recorded all the same.
            level.Refused.Fail();
            _log.LogError(NodeEvents.BackfillStalled, refused, "New features are folded and cannot take over yet: it is tried again, and the old ones serve");
        }
    }

    /// <summary>Brings a level generation to where the serving one is, and has it serve from its first epoch on.</summary>
    private async Task TakeOverAsync(Pending level, CancellationToken cancellation)
    {
        var next = level.Backfill.Generation;
        (await next.FoldAllAsync(cancellation))?.Throw();
        await level.TakeOver.PrepareAsync(cancellation);
        if (next.Persons is EmbeddedPersonStore persons && _serving.Persons is EmbeddedPersonStore served)
        {
            persons.JoinLinks(served);
        }

        await FreezeAsync(next, cancellation);
        if (level.TakeOver.Commit())
        {
            _serving = next;
            Watch(next);
            Interlocked.CompareExchange(ref _pending, null, level);
        }
    }

    private void Watch(FoldedGeneration generation)
    {
        if (Freshness is { } freshness)
        {
            freshness.Use(generation.Features);
            generation.AfterBatch = facts =>
            {
                freshness.Folded(facts);
                return Task.CompletedTask;
            };
        }
    }

    private FoldedGeneration Generation(FeatureFolder folder, IPersonStore persons) => new(_journal, folder, persons, _clock, _skipped, _log);

    private sealed record Pending(FeatureBackfill Backfill, ITakeOver TakeOver, Backoff Refused);
}

/// <summary>What else changes when another generation of features takes over.</summary>
internal interface ITakeOver
{
    /// <summary>Does what may fail; called again at the next epoch when it does.</summary>
    /// <exception cref="JournalException">The journal refuses.</exception>
    Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Has the new generation serve.</summary>
    /// <returns>False when a reload came between: it is prepared again at the next epoch, unless it was given up.</returns>
    bool Commit();
}
