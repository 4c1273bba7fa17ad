using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>
/// Carries facts to the journal behind a reply. The queue is bounded: what does not fit is counted and dropped, because neither a decision
/// nor a delivery may wait for the disk. A crash loses what is queued (about one group commit), never what the journal acknowledged.
/// </summary>
internal sealed class FactWriteBehind : IAsyncDisposable
{
    // One group commit of slim decisions is about 150 KB; larger batches gain nothing (see docs/results/journal.md).
    private const int MaxBatch = 256;

    private readonly Channel<Fact> _queue;
    private readonly IJournal _journal;
    private readonly ILogger _log;
    private readonly Counter<long> _dropped;
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
    public FactWriteBehind(string name, int capacity, IJournal journal, Meter meter, ILogger log)
    {
        _journal = journal;
        _log = log;
        _queue = Channel.CreateBounded<Fact>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _name = name;
        _written = meter.CreateCounter<long>($"millrace.{name}.written", "{fact}", "Facts handed to the journal behind a reply.");
        _dropped = meter.CreateCounter<long>($"millrace.{name}.dropped", "{fact}", "Facts dropped because the queue was full or the journal refused.");
        meter.CreateObservableGauge($"millrace.{name}.pending", () => Pending, "{fact}", "Facts that wait for the journal.");
        _writing = WriteAsync();
    }

    /// <summary>Facts taken and not yet durable.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    /// <summary>Facts lost since the start.</summary>
    public long Dropped => Interlocked.Read(ref _droppedCount);

    /// <summary>Takes the fact, or counts it as dropped when the queue is full. Never waits.</summary>
    public void Write(Fact fact)
    {
        Interlocked.Increment(ref _pending);
        if (!_queue.Writer.TryWrite(fact))
        {
            Settle(0, 1);
        }
    }

    /// <summary>Takes no more, writes what is queued, and completes when all of it is durable or dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        var batch = new List<Fact>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var fact))
            {
                batch.Add(fact);
            }

            try
            {
                await _journal.AppendAsync(batch);
                Settle(batch.Count, 0);
            }
            catch (Exception refused) when (refused is JournalException or IOException or ObjectDisposedException)
            {
                // A retry here would only move the loss to the queue's mouth; the journal itself waits for room as long as it may.
                Settle(0, batch.Count);
                _log.LogError(refused, "The journal refused {Count} {Queue} facts: they are dropped and counted", batch.Count, _name);
            }
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
}
