using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Flywheel;

/// <summary>
/// Carries facts to the journal behind a reply. The queue is bounded: what does not fit is counted and dropped, because neither a decision
/// nor a delivery may wait for the disk. A crash loses what is queued (about one group commit), never what the journal acknowledged.
/// </summary>
internal sealed class FactWriteBehind : IAsyncDisposable
{
    // One group commit of slim decisions is about 150 KB; larger batches gain nothing (see docs/results/journal.md).
    private const int MaxBatch = 256;

    private readonly Channel<Entry> _queue;
    private readonly IJournal _journal;
    private readonly ILogger _log;
    private readonly Func<Fact, Fact?> _shorter;
    private readonly Action _faulted;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _shortened;
    private readonly Counter<long> _written;
    private readonly string _name;
    private readonly Task _writing;
    private long _pending;
    private long _droppedCount;

    /// <param name="name">What it carries, as part of its metrics' names.</param>
    /// <param name="capacity">How many facts may wait.</param>
    /// <param name="journal">Where they go.</param>
    /// <param name="meter">The meter that counts written and dropped facts.</param>
    /// <param name="log">Told when the journal refuses.</param>
    /// <param name="faulted">Called when nothing more will be written until the node starts again: the journal is at fault, or the writing ended.</param>
    /// <param name="shorter">A form of a fact that is too long with which the journal can do; null when there is none.</param>
    public FactWriteBehind(
        string name, int capacity, IJournal journal, Meter meter, ILogger log, Action faulted, Func<Fact, Fact?>? shorter = null)
    {
        _journal = journal;
        _log = log;
        _faulted = faulted;
        _shorter = shorter ?? (static _ => null);
        _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _name = name;
        _written = meter.CreateCounter<long>($"millrace.{name}.written", "{fact}", "Facts handed to the journal behind a reply.");
        _dropped = meter.CreateCounter<long>($"millrace.{name}.dropped", "{fact}", "Facts dropped because the queue was full or the journal refused.");
        _shortened = meter.CreateCounter<long>($"millrace.{name}.shortened", "{fact}", "Facts journalled in their short form because they were too long.");
        meter.CreateObservableGauge($"millrace.{name}.pending", () => Pending, "{fact}", "Facts that wait for the journal.");
        _writing = RunAsync();
    }

    /// <summary>Facts taken and not yet durable.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    /// <summary>Facts lost since the start.</summary>
    public long Dropped => Interlocked.Read(ref _droppedCount);

    /// <summary>Takes the fact, or counts it as dropped when the queue is full. Never waits.</summary>
    public void Write(Fact fact)
    {
        Interlocked.Increment(ref _pending);
        if (!_queue.Writer.TryWrite(new Entry(fact, null)))
        {
            Settle(0, 1);
        }
    }

    /// <summary>Completes when every fact that was taken before is durable or dropped.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(new Entry(null, reached), cancellation);
        }
        catch (ChannelClosedException)
        {
            // Nothing is written any more, once what is in hand has ended.
            await _writing.WaitAsync(cancellation);
            return;
        }

        await reached.Task.WaitAsync(cancellation);
    }

    /// <summary>Takes no more, writes what is queued, and completes when all of it is durable or dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
    }

    private async Task RunAsync()
    {
        var batch = new List<Fact>(MaxBatch);
        var reached = new List<TaskCompletionSource>();
        try
        {
            while (await _queue.Reader.WaitToReadAsync())
            {
                batch.Clear();
                while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var entry))
                {
                    Sort(entry, batch, reached);
                }

                if (batch.Count > 0)
                {
                    await WriteAsync(batch);
                }

                Release(reached);
            }
        }
        catch (Exception fatal)
        {
            // What the queue would take now nobody would write: it is closed, so that every loss is counted.
            _queue.Writer.TryComplete();
            _faulted();
            while (_queue.Reader.TryRead(out var entry))
            {
                Sort(entry, batch, reached);
            }

            Settle(0, batch.Count);
            Release(reached);
            _log.LogCritical(NodeEvents.WriteBehindEnded, fatal, "Writing {Queue} facts has ended: they are dropped and counted until the node is started again", _name);
        }
    }

    private static void Sort(Entry entry, List<Fact> facts, List<TaskCompletionSource> reached)
    {
        if (entry.Fact is { } fact)
        {
            facts.Add(fact);
        }
        else
        {
            reached.Add(entry.Reached!);
        }
    }

    private static void Release(List<TaskCompletionSource> reached)
    {
        reached.ForEach(waiting => waiting.TrySetResult());
        reached.Clear();
    }

    /// <summary>Writes a batch, and empties it as soon as its facts are settled.</summary>
    private async Task WriteAsync(List<Fact> batch)
    {
        try
        {
            await _journal.AppendAsync(batch);
        }
        catch (Exception refused)
        {
            await WriteOneByOneAsync(batch, refused);
            return;
        }

        Settle(batch.Count, 0);
        batch.Clear();
    }

    /// <summary>One fact may be what the journal refused: each gets a chance of its own, but for those that are durable already.</summary>
    private async Task WriteOneByOneAsync(List<Fact> batch, Exception refused)
    {
        var durable = (refused as JournalPartialException)?.Positions;
        var reason = (refused as JournalPartialException)?.Reason ?? refused;
        var dropped = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (durable?[i] is not null)
            {
                continue;
            }

            // A sealed or closed journal stays so.
            if (reason is not (JournalFaultException or ObjectDisposedException))
            {
                var again = await TryWriteAsync(batch[i]);
                if (again is null)
                {
                    continue;
                }

                reason = again;
            }

            dropped++;
        }

        Settle(batch.Count - dropped, dropped);
        batch.Clear();
        if (reason is JournalFaultException)
        {
            _faulted();
        }

        if (dropped > 0)
        {
            _log.LogError(NodeEvents.FactsDropped, reason, "The journal refused {Count} {Queue} facts: they are dropped and counted", dropped, _name);
        }
    }

    /// <returns>Null when the fact is durable, in full or in its short form.</returns>
    private async ValueTask<Exception?> TryWriteAsync(Fact fact)
    {
        try
        {
            await _journal.AppendAsync(fact);
            return null;
        }
        catch (FactTooLongException) when (_shorter(fact) is { } shorter)
        {
            _shortened.Add(1);
            return await TryWriteAsync(shorter);
        }
        catch (Exception refused)
        {
            return refused;
        }
    }

    private void Settle(int written, int dropped)
    {
        Interlocked.Add(ref _pending, -(written + dropped));
        if (written > 0)
        {
            _written.Add(written);
        }

        if (dropped > 0)
        {
            Interlocked.Add(ref _droppedCount, dropped);
            _dropped.Add(dropped);
        }
    }

    /// <summary>A fact to write, or a place in the queue that somebody waits for.</summary>
    private readonly record struct Entry(Fact? Fact, TaskCompletionSource? Reached);
}
