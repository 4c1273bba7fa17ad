using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.FeatureBuild;

/// <summary>
/// Reads partitions ahead of their one reader, on threads of its own: what follows is decoded while this is folded. Bounded: a few batches of each partition wait. A read that does
/// not go on where the last one of its partition ended begins anew there.
/// </summary>
internal sealed class ReadAheadReader : IJournalReader, IDisposable
{
    /// <summary>Facts of a batch; see docs/results/journal.md for why no more.</summary>
    internal const int Batch = 1024;

    private const int BatchesAhead = 3; // Each more is facts that collections find alive, and copy.
    private const int MostThreads = 2;

    private readonly IJournalReader _journal;
    private readonly Dictionary<(JournalStream Stream, int Partition), Place> _places = [];
    private readonly BlockingCollection<Run>[] _due;
    private readonly Thread[] _threads;

    /// <param name="journal">What is read; partitions side by side, each by one thread at a time.</param>
    public ReadAheadReader(IJournalReader journal)
    {
        _journal = journal;
        foreach (var stream in Enum.GetValues<JournalStream>())
        {
            for (var partition = 0; partition < journal.Partitions(stream); partition++)
            {
                _places.Add((stream, partition), new Place());
            }
        }

        _due = [.. Enumerable.Range(0, Math.Clamp(journal.Partitions(JournalStream.Events), 1, MostThreads)).Select(_ => new BlockingCollection<Run>())];
        _threads = [.. _due.Select((due, i) => new Thread(() => Work(due)) { IsBackground = true, Name = $"read ahead {i}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    public int Partitions(JournalStream stream) => _journal.Partitions(stream);

    public PartitionRange Range(JournalStream stream, int partition) => _journal.Range(stream, partition);

    public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) =>
        _journal.SeekAsync(stream, partition, time, cancellation);

    public async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        var place = _places[(stream, partition)];
        if (place.Run is null || place.Run.Wanted != from || maxFacts < Batch)
        {
            place.Run = Begin(place.Run, stream, partition, from, maxFacts);
        }

        return await TakeAsync(place.Run, cancellation);
    }

    public void Dispose()
    {
        foreach (var due in _due)
        {
            due.CompleteAdding();
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        foreach (var due in _due)
        {
            due.Dispose();
        }
    }

    private Run Begin(Run? before, JournalStream stream, int partition, long from, int maxFacts)
    {
        before?.Drop();
        var run = new Run(stream, partition, from, Math.Min(Batch, maxFacts));
        for (var i = 0; i < BatchesAhead; i++)
        {
            Due(run);
        }

        return run;
    }

    private async ValueTask<IReadOnlyList<StoredFact>> TakeAsync(Run run, CancellationToken cancellation)
    {
        var (facts, fault) = await run.Read.Reader.ReadAsync(cancellation);
        if (fault is not null)
        {
            run.Drop();
            run.Wanted = -1;
            fault.Throw();
        }

        // At the end the next read looks again.
        run.Wanted = facts.Count == 0 ? -1 : facts[^1].Position.Offset + 1;
        if (facts.Count > 0)
        {
            Due(run);
        }

        return facts;
    }

    private void Due(Run run) => _due[run.Partition % _due.Length].Add(run);

    private void Work(BlockingCollection<Run> due)
    {
        foreach (var run in due.GetConsumingEnumerable())
        {
            if (!run.IsOver && !due.IsAddingCompleted)
            {
                ReadNext(run);
            }
        }
    }

    private void ReadNext(Run run)
    {
        try
        {
            var read = _journal.ReadAsync(run.Stream, run.Partition, run.Next, run.Most);
            var facts = read.IsCompletedSuccessfully ? read.Result : read.AsTask().GetAwaiter().GetResult();
            run.Put(facts);
        }
        catch (Exception fault)
        {
            run.Put([], ExceptionDispatchInfo.Capture(fault));
        }
    }

    /// <summary>Where a partition's present run stands; its reader's own.</summary>
    private sealed class Place
    {
        internal Run? Run { get; set; }
    }

    /// <summary>A partition being read on from one offset.</summary>
    private sealed class Run(JournalStream stream, int partition, long from, int most)
    {
        private volatile bool _over;

        internal JournalStream Stream => stream;

        internal int Partition => partition;

        internal Channel<(IReadOnlyList<StoredFact> Facts, ExceptionDispatchInfo? Fault)> Read { get; } =
            Channel.CreateUnbounded<(IReadOnlyList<StoredFact>, ExceptionDispatchInfo?)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

        /// <summary>What its reader will ask for next; its reader's own.</summary>
        internal long Wanted { get; set; } = from;

        /// <summary>What its thread reads next; its thread's own, as is <see cref="Most"/>.</summary>
        internal long Next { get; private set; } = from;

        internal int Most { get; private set; } = most;

        /// <summary>Whether nothing more is to be read: nobody wants it, or it is at its end.</summary>
        internal bool IsOver => _over;

        internal void Drop() => _over = true;

        internal void Put(IReadOnlyList<StoredFact> facts, ExceptionDispatchInfo? fault = null)
        {
            _over |= facts.Count == 0;
            (Next, Most) = (facts.Count == 0 ? Next : facts[^1].Position.Offset + 1, Batch);
            Read.Writer.TryWrite((facts, fault));
        }
    }
}
