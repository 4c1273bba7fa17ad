using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// Folds items and events into features, and freezes an epoch each 250 ms. It is the folder's one writer. Each epoch is recorded before decisions may name it. No failure
/// ends it: what cannot be folded is skipped and named, and what may pass is tried again, at longer and longer intervals.
/// </summary>
internal sealed class FeatureFolding : IAsyncDisposable
{
    /// <summary>How often an epoch may be frozen (DESIGN §9).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // Without new facts windows still move: within the 2 s that a decider's copy may be stale.
    internal static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private const int ReadBatch = 4096;

    private static readonly JournalStream[] Folded = [JournalStream.Control, JournalStream.Items, JournalStream.Events];

    private readonly IJournal _journal;
    private readonly FeatureFolder _folder;
    private readonly IPersonStore _persons;
    private readonly TimeProvider _clock;
    private readonly Readiness _readiness;
    private readonly ILogger _log;
    private readonly Tail[] _tails;
    private readonly EpochLog _epochs;
    private readonly Backoff _stalled;
    private readonly Backoff _unwritable;
    private readonly Counter<long> _skipped;
    private readonly CancellationTokenSource _stop = new();
    private bool _begun;
    private bool _changed;
    private long _frozen;
    private Task _running = Task.CompletedTask;
    private bool _stopped;

    /// <param name="journal">What is folded: items from their beginning, events as far back as features reach.</param>
    /// <param name="folder">Called by nobody else.</param>
    /// <param name="persons">Told of every event as soon as it is durable: a person's own events count at once, ahead of the epoch.</param>
    /// <param name="clock">Ends the windows.</param>
    /// <param name="readiness">Held until what the journal holds at the start is folded.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told when folding fails.</param>
    public FeatureFolding(IJournal journal, FeatureFolder folder, IPersonStore persons, TimeProvider clock, Readiness readiness, Meter meter, ILogger log)
    {
        (_journal, _folder, _persons, _clock, _readiness, _log) = (journal, folder, persons, clock, readiness, log);
        _epochs = new EpochLog(journal);
        _readiness.Hold(UnreadyReason.FeaturesCatchingUp);
        _tails = [.. Folded.SelectMany(stream => Enumerable.Range(0, journal.Partitions(stream)).Select(partition => new Tail(stream, partition)))];
        _stalled = new Backoff(clock, Interval, LongestWait);
        _unwritable = new Backoff(clock, Interval, LongestWait);
        _skipped = meter.CreateCounter<long>("millrace.features.skipped", "{fact}", "Facts that could not be read or folded; the log names each.");
        meter.CreateObservableGauge("millrace.features.lag", () => Lag, "{fact}", "Durable facts that are not folded yet.");
    }

    /// <summary>Durable facts that are not folded yet.</summary>
    public long Lag => _tails.Sum(t => Math.Max(0, _journal.Range(t.Stream, t.Partition).End - t.Next));

    /// <summary>Catches up, then keeps folding until disposed.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Folds what is durable now, and freezes an epoch if something changed or windows are due to move.</summary>
    /// <exception cref="JournalException">A partition cannot be read: the others are folded all the same.</exception>
    public async Task StepAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation);
        var broken = await FoldAllAsync(cancellation);
        if (_changed || _frozen == 0 || _clock.GetElapsedTime(_frozen) >= IdleInterval)
        {
            await FreezeAsync(cancellation);
        }

        broken?.Throw();
    }

    /// <summary>Folds all partitions to their ends.</summary>
    /// <returns>What kept one from being read; null when all were.</returns>
    private async Task<ExceptionDispatchInfo?> FoldAllAsync(CancellationToken cancellation)
    {
        Exception? broken = null;
        foreach (var tail in _tails)
        {
            try
            {
                _changed |= await FoldAsync(tail, cancellation);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                broken ??= fault;
            }
        }

        return broken is null ? null : ExceptionDispatchInfo.Capture(broken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        _stop.Cancel();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        var waits = new Task?[_tails.Length];
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
    private IEnumerable<Task> Arrivals(Task?[] waits)
    {
        if (!_begun || !_stalled.IsClear)
        {
            return [];
        }

        for (var i = 0; i < waits.Length; i++)
        {
            if (waits[i] is null or { IsCompleted: true })
            {
                waits[i] = _journal.WaitAsync(_tails[i].Stream, _tails[i].Partition, _tails[i].Next, _stop.Token).AsTask();
            }
        }

        return waits.OfType<Task>();
    }

    /// <summary>Folds what has become durable since, and leaves the epoch to the next tick: persons read their own events at once.</summary>
    internal async Task FoldArrivedAsync(CancellationToken cancellation) => (await FoldAllAsync(cancellation))?.Throw();

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

        _folder.ContinueAfter(await _epochs.LastAsync(cancellation));
        var from = UnixMicros.Now(_clock) - _folder.Current.Features.Reach - History.LongestRun;
        foreach (var tail in _tails.Where(tail => tail.Stream == JournalStream.Events))
        {
            tail.Next = await _journal.SeekAsync(tail.Stream, tail.Partition, from, cancellation);
            if (tail.Next > 0 && tail.Next == _journal.Range(tail.Stream, tail.Partition).First)
            {
                _log.LogWarning(NodeEvents.HistoryShort, "Events of partition {Partition} before {Position} were retired: windows may count less than they say", tail.Partition, tail.Next);
            }
        }

        _begun = true;
    }

    /// <summary>Records an epoch, then publishes it. One that the journal does not take is published all the same: features are fresh even while the disk is full.</summary>
    private async Task FreezeAsync(CancellationToken cancellation)
    {
        var snapshot = _folder.Draft(UnixMicros.Now(_clock));
        _frozen = _clock.GetTimestamp();
        _changed = false;
        if (_unwritable.IsDue)
        {
            await RecordAsync(snapshot, cancellation);
        }

        _folder.Publish(snapshot);
    }

    private async Task RecordAsync(FeatureSnapshot snapshot, CancellationToken cancellation)
    {
        try
        {
            await _epochs.RecordAsync(snapshot, cancellation);
            _unwritable.Succeed();
        }
        catch (Exception refused) when (refused is JournalFullException or JournalFaultException)
        {
            _unwritable.Fail();
            if (refused is JournalFaultException)
            {
                _readiness.Hold(UnreadyReason.JournalFault);
            }

            _log.LogError(NodeEvents.FoldingStalled, refused, "Epoch {Epoch} is not recorded; folding goes on", snapshot.Epoch);
        }
    }

    private async Task<bool> FoldAsync(Tail tail, CancellationToken cancellation)
    {
        var changed = false;
        while (await ReadAsync(tail, cancellation) is { Count: > 0 } facts)
        {
            // An item that was acknowledged before these events were sent is in the catalogue before they are counted.
            changed |= tail.Stream == JournalStream.Events && await FoldCatalogueAsync(cancellation);
            foreach (var stored in facts)
            {
                try
                {
                    _persons.Observe(stored);
                    changed |= _folder.Apply(stored);
                }
                catch (Exception fault)
                {
                    Skip(stored.Position, fault);
                }

                tail.Next = stored.Position.Offset + 1;
            }
        }

        return changed;
    }

    private async Task<bool> FoldCatalogueAsync(CancellationToken cancellation)
    {
        var changed = false;
        foreach (var tail in _tails)
        {
            if (tail.Stream == JournalStream.Items && tail.Next < _journal.Range(tail.Stream, tail.Partition).End)
            {
                try
                {
                    changed |= await FoldAsync(tail, cancellation);
                }
                catch (JournalException)
                {
                    // The step names a partition that cannot be read; the events of what is known count all the same.
                }
            }
        }

        return changed;
    }

    /// <summary>The next facts of a partition. A record that is whole and no fact is passed over, and what stands before it comes first.</summary>
    private async Task<IReadOnlyList<StoredFact>> ReadAsync(Tail tail, CancellationToken cancellation)
    {
        var most = ReadBatch;
        while (true)
        {
            try
            {
                return await _journal.ReadAsync(tail.Stream, tail.Partition, tail.Next, most, cancellation);
            }
            catch (JournalCorruptException bad) when (bad.Offset > tail.Next)
            {
                most = (int)Math.Min(ReadBatch, bad.Offset - tail.Next);
            }
            catch (JournalCorruptException bad) when (bad.Offset == tail.Next)
            {
                Skip(new Position(tail.Stream, tail.Partition, bad.Offset), bad);
                (tail.Next, most) = (bad.Offset + 1, ReadBatch);
            }
        }
    }

    private void Skip(Position position, Exception fault)
    {
        _skipped.Add(1);
        _log.LogError(NodeEvents.FactSkipped, fault, "The fact at {Position} is not folded: features do without it", position);
    }

    private sealed class Tail(JournalStream stream, int partition)
    {
        private long _next;

        public JournalStream Stream { get; } = stream;

        public int Partition { get; } = partition;

        // Read by the lag gauge from another thread.
        public long Next
        {
            get => Volatile.Read(ref _next);
            set => Volatile.Write(ref _next, value);
        }
    }
}
