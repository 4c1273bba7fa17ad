using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The way of facts from many producers to a partition's one writer: two groups, one filling and one at the disk. Offsets are given here, in the order of the
/// queue, and taken back when a group fails.
/// </summary>
internal sealed class AppendQueue(TimeProvider clock, int maxBytes, string name, long end, long lastReceived) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private CommitGroup _filling = new();
    private CommitGroup _spare = new();
    private long _next = end;
    private long _received = lastReceived;
    private long _queued;
    private bool _busy;
    private bool _closed;
    private JournalFaultException? _fault;

    /// <summary>The offset that the next fact gets.</summary>
    public long Next
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>Makes room for a batch before any of it is queued.</summary>
    /// <exception cref="JournalFullException">There is none.</exception>
    public void Reserve(long bytes)
    {
        if (Interlocked.Add(ref _queued, bytes) > maxBytes)
        {
            Release(bytes);
            JournalMetrics.BoundHit("queueBytes");
            throw new JournalFullException("queueBytes", $"{name}: {bytes} bytes do not fit into the queue of {maxBytes}, of which {Volatile.Read(ref _queued)} are taken");
        }
    }

    public void Release(long bytes) => Interlocked.Add(ref _queued, -bytes);

    /// <summary>Queues encoded facts for which room was made.</summary>
    /// <returns>What completes when they are durable, and the first one's offset.</returns>
    public (Task Done, long First) Add(FieldWriter writer, ReadOnlySpan<EncodedFact> facts)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LocalJournal));
            if (_fault is not null)
            {
                throw new JournalFaultException($"{name} is sealed since the disk failed; open the journal again", _fault);
            }

            var first = _next;
            var now = UnixMicros.Now(clock).Value;
            foreach (ref readonly var fact in facts)
            {
                _received = Math.Max(_received, fact.Received == 0 ? now : fact.Received);
                _filling.Add(fact, writer.Written.Slice(fact.Start, fact.Length), _next++, _received);
            }

            if (!_busy)
            {
                _busy = true;
                _wake.Set();
            }

            return (_filling.Done, first);
        }
    }

    /// <summary>Blocks the writer until there may be something to do.</summary>
    public void Wait() => _wake.WaitOne();

    public void Wake() => _wake.Set();

    /// <summary>
    /// Lets producers that are about to append join the group: each turn that is given to them and brings more is followed by another, up to a size from which the cost of a
    /// sync no longer matters. An append that is alone waits for one turn, about a microsecond.
    /// </summary>
    public void Gather()
    {
        const long Enough = 1 << 19;
        const int Turns = 16;
        var queued = 0L;
        for (var turn = 0; turn < Turns && Volatile.Read(ref _queued) is var now && now > queued && now < Enough; turn++)
        {
            queued = now;
            Thread.Yield();
        }
    }

    /// <summary>The group that has filled while the last one was written; null when none has.</summary>
    /// <param name="ended">Whether none will come any more: the queue was empty when it was closed, or has been emptied since.</param>
    public CommitGroup? Take(out bool ended)
    {
        lock (_lock)
        {
            ended = _filling.IsEmpty && _closed;
            if (_filling.IsEmpty)
            {
                _busy = false;
                return null;
            }

            var group = _filling;
            _filling = _spare;
            return group;
        }
    }

    /// <summary>Gives a group back that is durable.</summary>
    public void Succeeded(CommitGroup group)
    {
        Release(group.Length - Frame.MarkBytes);
        group.Succeed();
        lock (_lock)
        {
            group.Reset();
            _spare = group;
        }
    }

    /// <summary>Fails a group and all that has queued behind it, whose offsets came after; the next fact gets <paramref name="end"/>.</summary>
    public void Failed(CommitGroup group, Exception reason, long end)
    {
        lock (_lock)
        {
            _fault ??= reason as JournalFaultException;
            Fail(group, reason);
            Fail(_filling, reason);
            _spare = group;
            _next = end;
        }
    }

    /// <summary>Fails what has queued and refuses what comes from now on, since the disk failed.</summary>
    public void Fault(JournalFaultException fault, long end)
    {
        lock (_lock)
        {
            _fault ??= fault;
            Fail(_filling, fault);
            _next = end;
        }
    }

    /// <summary>Refuses what comes from now on; the writer still empties the queue.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }

        _wake.Set();
    }

    public void Dispose() => _wake.Dispose();

    private void Fail(CommitGroup group, Exception reason)
    {
        Release(group.Length - Frame.MarkBytes);
        group.Fail(reason);
        group.Reset();
    }
}
