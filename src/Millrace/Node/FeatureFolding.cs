using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Node;

/// <summary>
/// Folds items and events into features, and freezes an epoch each 250 ms. It is the folder's one writer. An epoch's cut is recorded as a control fact when it
/// differs from the last one: windows that merely moved fold no new fact, and a silent night must not fill the control stream.
/// </summary>
internal sealed class FeatureFolding : IAsyncDisposable
{
    /// <summary>How often an epoch may be frozen (DESIGN §9).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // Without new facts windows still move: within the 2 s that a decider's copy may be stale.
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);
    private const int ReadBatch = 4096;

    private static readonly JournalStream[] Folded = [JournalStream.Items, JournalStream.Events];

    private readonly IJournal _journal;
    private readonly FeatureFolder _folder;
    private readonly IUserState _users;
    private readonly TimeProvider _clock;
    private readonly Readiness _readiness;
    private readonly ILogger _log;
    private readonly Tail[] _tails;
    private readonly CancellationTokenSource _stop = new();
    private ImmutableArray<Position> _recorded = [];
    private long _frozen;
    private Task _running = Task.CompletedTask;
    private bool _stopped;

    /// <param name="journal">What is folded, from its beginning.</param>
    /// <param name="folder">Called by nobody else.</param>
    /// <param name="users">Told of every event, so that a person's own events count at their next request.</param>
    /// <param name="clock">Ends the windows.</param>
    /// <param name="readiness">Held until what the journal holds at the start is folded.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told when folding fails.</param>
    public FeatureFolding(IJournal journal, FeatureFolder folder, IUserState users, TimeProvider clock, Readiness readiness, Meter meter, ILogger log)
    {
        (_journal, _folder, _users, _clock, _readiness, _log) = (journal, folder, users, clock, readiness, log);
        _readiness.Hold(UnreadyReason.FeaturesCatchingUp);
        _tails = [.. Folded.SelectMany(stream => Enumerable.Range(0, journal.Partitions(stream)).Select(partition => new Tail(stream, partition)))];
        meter.CreateObservableGauge("millrace.features.lag", () => Lag, "{fact}", "Durable facts that are not folded yet.");
    }

    /// <summary>Durable facts that are not folded yet.</summary>
    public long Lag => _tails.Sum(t => Math.Max(0, _journal.Range(t.Stream, t.Partition).End - t.Next));

    /// <summary>Catches up, then keeps folding until disposed.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Folds what is durable now, and freezes an epoch if something changed or windows are due to move.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        var changed = false;
        foreach (var tail in _tails)
        {
            changed |= await FoldAsync(tail, cancellation);
        }

        var idle = _frozen != 0 && _clock.GetElapsedTime(_frozen) < IdleInterval;
        if (!changed && idle)
        {
            return;
        }

        var snapshot = _folder.Freeze(UnixMicros.Now(_clock));
        _frozen = _clock.GetTimestamp();
        if (changed && !snapshot.Cut.Next.AsSpan().SequenceEqual(_recorded.AsSpan()))
        {
            _recorded = snapshot.Cut.Next;
            await _journal.AppendAsync(
                new EpochFrozen
                {
                    // Epochs count from each start; with the time that ends their windows they are told apart across restarts.
                    Id = $"epoch:{snapshot.Epoch}:{snapshot.Time.Value}",
                    Time = snapshot.Time,
                    Epoch = snapshot.Epoch,
                    Until = snapshot.Time,
                    Cut = snapshot.Cut.Next,
                },
                cancellation);
        }
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
        try
        {
            await StepAsync(_stop.Token);
            _readiness.Release(UnreadyReason.FeaturesCatchingUp);
            using var timer = new PeriodicTimer(Interval, _clock);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await StepAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (JournalException broken)
        {
            // Decisions go on with the last snapshot, and say that it is old; new traffic is better served elsewhere.
            _readiness.Hold(UnreadyReason.JournalFault);
            _log.LogCritical(broken, "Features are no longer folded: decisions use the last snapshot until the node is started again");
        }
    }

    private async Task<bool> FoldAsync(Tail tail, CancellationToken cancellation)
    {
        var changed = false;
        while (true)
        {
            var facts = await _journal.ReadAsync(tail.Stream, tail.Partition, tail.Next, ReadBatch, cancellation);
            if (facts.Count == 0)
            {
                return changed;
            }

            foreach (var stored in facts)
            {
                _users.Observe(stored);
                changed |= _folder.Apply(stored);
            }

            tail.Next = facts[^1].Position.Offset + 1;
        }
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
