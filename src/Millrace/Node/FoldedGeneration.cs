using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// One generation of features: a folder and persons of one set of definitions, and how far each partition is folded into them. One writer at a time. What cannot be folded
/// is skipped and named.
/// </summary>
internal sealed class FoldedGeneration
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private static readonly JournalStream[] Folded = [JournalStream.Control, JournalStream.Items, JournalStream.Events];

    private readonly IJournal _journal;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _skipped;
    private readonly ILogger _log;
    private readonly SkippingReader _reader;
    private readonly Tail[] _tails;
    private readonly ConcurrentQueue<string[]> _forgotten = new();
    private bool _begun;
    private bool _erased;
    private long _swept;

    /// <param name="journal">What is folded: items from their beginning, events as far back as features reach.</param>
    /// <param name="folder">Called by nobody else.</param>
    /// <param name="persons">Told of every event as soon as it is durable: a person's own events count at once, ahead of the epoch.</param>
    /// <param name="clock">Says from when on events are folded.</param>
    /// <param name="skipped">Counts what is skipped.</param>
    /// <param name="log">Told of what is skipped.</param>
    public FoldedGeneration(IJournal journal, FeatureFolder folder, IPersonStore persons, TimeProvider clock, Counter<long> skipped, ILogger log)
    {
        (_journal, Folder, Persons, _clock, _skipped, _log) = (journal, folder, persons, clock, skipped, log);
        _reader = new SkippingReader(journal, PassOver);
        _tails = [.. Folded.SelectMany(stream => Enumerable.Range(0, journal.Partitions(stream)).Select(partition => new Tail(stream, partition)))];
    }

    public FeatureFolder Folder { get; }

    public IPersonStore Persons { get; }

    public FeatureSet Features => Folder.Current.Features;

    /// <summary>Durable facts that are not folded yet.</summary>
    public long Lag => _tails.Sum(tail => Math.Max(0, _journal.Range(tail.Stream, tail.Partition).End - tail.Next));

    /// <summary>Whether something was folded since this was last set to false.</summary>
    public bool Changed { get; set; }

    /// <summary>Called after each batch that was folded, with its facts.</summary>
    public Func<IReadOnlyList<StoredFact>, Task>? AfterBatch { get; set; }

    /// <summary>Goes on from the newest snapshots that can be believed, else from where events begin that features reach back to; once.</summary>
    /// <param name="cancellation">Ends the search.</param>
    /// <param name="start">Loads snapshots; null folds the journal alone.</param>
    public async Task BeginAsync(CancellationToken cancellation, FeatureStart? start = null)
    {
        if (_begun)
        {
            return;
        }

        var from = UnixMicros.Now(_clock) - Features.Reach - History.LongestSession;
        foreach (var tail in _tails.Where(tail => tail.Stream == JournalStream.Events))
        {
            tail.Next = await _journal.SeekAsync(tail.Stream, tail.Partition, from, cancellation);
        }

        var @short = _tails.Where(tail => tail.Next > 0 && tail.Next == _journal.Range(tail.Stream, tail.Partition).First).ToArray();
        start?.Load(Folder, (EmbeddedPersonStore)Persons, @short: @short.Length > 0);
        await RecallConsentsAsync(cancellation);
        foreach (var tail in _tails)
        {
            GoOn(tail, @short.Contains(tail));
        }

        _begun = true;
    }

    /// <summary>Forgets what is held of a user and sessions: persons at once, what pairs are counted from before the next fact is folded. Any thread calls.</summary>
    public void Forget(string tenant, string user, IReadOnlyList<string> sessions)
    {
        Persons.Forget(tenant, user, null);
        foreach (var session in sessions)
        {
            Persons.Forget(tenant, null, session);
        }

        _forgotten.Enqueue([user, .. sessions]);
    }

    /// <summary>Folds all partitions to their ends.</summary>
    /// <returns>What kept one from being read; null when all were.</returns>
    public async Task<ExceptionDispatchInfo?> FoldAllAsync(CancellationToken cancellation)
    {
        ForgetSessions();
        Exception? broken = null;
        foreach (var tail in _tails)
        {
            try
            {
                await FoldAsync(tail, cancellation);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                broken ??= fault;
            }
        }

        return broken is null ? null : ExceptionDispatchInfo.Capture(broken);
    }

    /// <summary>What completes when a partition holds a fact that is not folded.</summary>
    /// <param name="waits">The caller's, empty at first: one place per partition of what is folded.</param>
    /// <param name="cancellation">Ends the waits.</param>
    public IEnumerable<Task> Arrivals(Task?[] waits, CancellationToken cancellation)
    {
        for (var i = 0; i < waits.Length; i++)
        {
            if (waits[i] is null or { IsCompleted: true })
            {
                waits[i] = _journal.WaitAsync(_tails[i].Stream, _tails[i].Partition, _tails[i].Next, cancellation).AsTask();
            }
        }

        return waits.OfType<Task>();
    }

    /// <summary>How many places <see cref="Arrivals"/> needs.</summary>
    public int Partitions => _tails.Length;

    /// <summary>Has persons that no snapshot holds begin with who had withdrawn by then.</summary>
    private async Task RecallConsentsAsync(CancellationToken cancellation)
    {
        foreach (var tail in _tails.Where(tail => tail.Stream == JournalStream.Events))
        {
            if (Persons is EmbeddedPersonStore persons && persons.NextEvent(tail.Partition) == 0)
            {
                await EarlierConsents.RecallAsync(_journal, _reader, Folder.State.Options.Tenant, tail.Partition, tail.Next, persons, cancellation);
            }
        }
    }

    /// <summary>Moves a tail to the first fact that the folder or the persons do not hold; where nothing was loaded, it stays as far back as features reach.</summary>
    private void GoOn(Tail tail, bool isShort)
    {
        var seen = Folder.State.Next.TryGet(tail.Stream, tail.Partition, out var folded);
        if (!seen && isShort)
        {
            _log.LogWarning(NodeEvents.HistoryShort, "Events of partition {Partition} before {Position} were retired: windows may count less than they say", tail.Partition, tail.Next);
        }

        if (tail.Stream == JournalStream.Events)
        {
            var persons = (Persons as EmbeddedPersonStore)?.NextEvent(tail.Partition) ?? 0;
            tail.Next = Math.Min(seen ? folded : tail.Next, persons > 0 ? persons : tail.Next);
            (Persons as EmbeddedPersonStore)?.BeginAt(tail.Partition, tail.Next);
        }
        else if (seen)
        {
            tail.Next = folded;
        }

        // Every cut names every partition from the first epoch on: one that has been quiet for longer than anything looks back would read as never folded.
        Folder.BeginAt(tail.Stream, tail.Partition, tail.Next);
    }

    private void ForgetSessions()
    {
        while (_forgotten.TryDequeue(out var named))
        {
            Folder.ForgetSessions(named, erased: false);
        }

        // An erasure that another node was asked for names nobody: whose keys are gone is found by looking at all, hence not for each.
        if (_erased && (_swept == 0 || _clock.GetElapsedTime(_swept) >= SweepInterval))
        {
            (_erased, _swept) = (false, _clock.GetTimestamp());
            Persons.ForgetErased();
            Folder.ForgetSessions([], erased: true);
        }
    }

    private async Task FoldAsync(Tail tail, CancellationToken cancellation)
    {
        while (await _reader.ReadAsync(tail.Stream, tail.Partition, tail.Next, cancellation) is { Count: > 0 } facts)
        {
            if (tail.Stream == JournalStream.Events)
            {
                // An item that was acknowledged before these events were sent is in the catalogue before they are counted.
                await FoldCatalogueAsync(cancellation);
            }

            var batch = facts as StoredFact[] ?? [.. facts];
            for (var at = 0; at < batch.Length; at++)
            {
                var stored = batch[at];
                try
                {
                    Persons.Observe(stored);
                    Changed |= Folder.Apply(batch, at);
                    _erased |= stored.Fact is UserErased;
                }
                catch (Exception fault)
                {
                    Skip(stored.Position, fault);
                }

                tail.Next = stored.Position.Offset + 1;
            }

            await (AfterBatch?.Invoke(facts) ?? Task.CompletedTask);
        }
    }

    private async Task FoldCatalogueAsync(CancellationToken cancellation)
    {
        foreach (var tail in _tails)
        {
            if (tail.Stream == JournalStream.Items && tail.Next < _journal.Range(tail.Stream, tail.Partition).End)
            {
                try
                {
                    await FoldAsync(tail, cancellation);
                }
                catch (JournalException)
                {
                    // The step names a partition that cannot be read; the events of what is known count all the same.
                }
            }
        }
    }

    /// <summary>Passes over a record that is no fact; where it is the next, the tail goes on behind it, since no fact may follow that would take it there.</summary>
    private void PassOver(Position position, Exception fault)
    {
        Skip(position, fault);
        var tail = _tails.First(tail => tail.Stream == position.Stream && tail.Partition == position.Partition);
        if (tail.Next == position.Offset)
        {
            tail.Next++;
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
