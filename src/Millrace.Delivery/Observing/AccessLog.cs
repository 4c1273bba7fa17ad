using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Millrace.Delivery.Replies;

namespace Millrace.Delivery.Observing;

/// <summary>
/// A line of JSON per request, or for a share of them and all that fail. Lines wait in a bounded queue for one writer: a disk that is slow, full or gone
/// costs lines, which are counted, and no request its time.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private readonly AccessLogOptions _options;
    private readonly Action _dropped;
    private readonly LogFile _file;
    private readonly QueryRedaction? _query;
    private readonly TimeProvider _time;
    private readonly Channel<Line> _queue;
    private readonly Task _writing;
    private Action<Exception?> _told = static _ => { };
    private Exception? _failure;
    private bool _isFailing;
    private long _count;
    private volatile bool _reopens;

    /// <param name="options">What, and where.</param>
    /// <param name="time">Stamps lines.</param>
    /// <param name="dropped">Told of each line that was dropped.</param>
    public AccessLog(AccessLogOptions options, TimeProvider time, Action dropped)
    {
        (_options, _time, _dropped) = (options, time, dropped);
        _file = new LogFile(options.Path, options.RotateBytes, options.Keep);
        _query = options.KeepQuery ? new QueryRedaction(options.Redacted) : null;
        _queue = Channel.CreateBounded<Line>(new BoundedChannelOptions(options.MaxQueued) { SingleReader = true });
        _writing = WriteAsync();
    }

    /// <summary>Finds out whether the file can be written; call it once, before the plane serves.</summary>
    /// <param name="told">Told what went wrong when lines cannot be written any more, and null when they can again.</param>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Open(Action<Exception?> told)
    {
        _file.EnsureOpen();
        _told = told;
    }

    public void Ended(Exchange exchange, in DeliveryRecord record)
    {
        if (!IsWritten(record))
        {
            return;
        }

        var text = AccessLine.Write(exchange, record, _options, _query, _time.GetUtcNow());
        var bytes = ArrayPool<byte>.Shared.Rent(text.Length);
        text.CopyTo(bytes);
        if (!_queue.Writer.TryWrite(new Line(bytes, text.Length)))
        {
            ArrayPool<byte>.Shared.Return(bytes);
            _dropped();
        }
    }

    /// <summary>Closes the file once what waits is written, and begins anew at its path: somebody has renamed it, as logrotate does.</summary>
    public void Reopen()
    {
        _reopens = true;

        // Wakes the writer; where the queue is full it is awake.
        _queue.Writer.TryWrite(default);
    }

    /// <summary>Writes what waits, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
    }

    private bool IsWritten(in DeliveryRecord record)
    {
        // A hash of the count rather than every n-th: a periodic client would otherwise be always or never in the sample.
        var count = Interlocked.Increment(ref _count);
        return record.Outcome == DeliveryOutcome.Error || record.Status >= 500 || !record.Complete || _options.Share >= 1
            || XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in count))) < _options.Share * ulong.MaxValue;
    }

    private async Task WriteAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var any = false;
            while (_queue.Reader.TryRead(out var line))
            {
                any |= line.Bytes is not null;
                Write(line);
            }

            Attempt(_file.Flush);
            if (any)
            {
                TellChange();
            }
        }

        _file.Dispose();
    }

    private void Write(Line line)
    {
        // Asked before each line: none that came after the request goes to the old file.
        if (_reopens)
        {
            _reopens = false;
            _file.Dispose();
        }

        if (line.Bytes is null)
        {
            return;
        }

        var bytes = line.Bytes;
        Attempt(() => _file.Write(bytes.AsSpan(0, line.Length)));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Attempt(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failure = e;
            _dropped();
        }
    }

    /// <summary>Tells once when lines begin to be lost, and once when a batch of them is written whole again.</summary>
    private void TellChange()
    {
        var failure = _failure;
        _failure = null;
        if (_isFailing != (failure is not null))
        {
            _isFailing = failure is not null;
            _told(failure);
        }
    }

    private readonly record struct Line(byte[]? Bytes, int Length);
}
