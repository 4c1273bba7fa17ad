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
    private readonly TimeProvider _time;
    private readonly Channel<Line> _queue;
    private readonly Task _writing;
    private long _count;

    /// <param name="options">What, and where.</param>
    /// <param name="time">Stamps lines.</param>
    /// <param name="dropped">Told of each line that was dropped.</param>
    public AccessLog(AccessLogOptions options, TimeProvider time, Action dropped)
    {
        (_options, _time, _dropped) = (options, time, dropped);
        _file = new LogFile(options.Path, options.RotateBytes, options.Keep);
        _queue = Channel.CreateBounded<Line>(new BoundedChannelOptions(options.MaxQueued) { SingleReader = true });
        _writing = WriteAsync();
    }

    public void Ended(Exchange exchange, in DeliveryRecord record)
    {
        if (!IsWritten(record))
        {
            return;
        }

        var text = AccessLine.Write(exchange, record, _options, _time.GetUtcNow());
        var bytes = ArrayPool<byte>.Shared.Rent(text.Length);
        text.CopyTo(bytes);
        if (!_queue.Writer.TryWrite(new Line(bytes, text.Length)))
        {
            ArrayPool<byte>.Shared.Return(bytes);
            _dropped();
        }
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
            while (_queue.Reader.TryRead(out var line))
            {
                Write(line);
            }

            Attempt(_file.Flush);
        }

        _file.Dispose();
    }

    private void Write(Line line)
    {
        Attempt(() => _file.Write(line.Bytes.AsSpan(0, line.Length)));
        ArrayPool<byte>.Shared.Return(line.Bytes);
    }

    private void Attempt(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _dropped();
        }
    }

    private readonly record struct Line(byte[] Bytes, int Length);
}
