using System.Threading.Channels;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>What the writer is to do: write a fill's record, or say that all before it is done. Neither: look whether there are removals.</summary>
internal readonly record struct DiskWork(DiskFill? Fill, DiskRecord Record, byte[]? Buffer, TaskCompletionSource? Done);

/// <summary>What waits for the writer, bounded in records and in bytes. Nobody waits for room.</summary>
internal sealed class DiskQueue(DiskOptions options, DiskBuffers buffers, DiskCounts counts)
{
    private readonly MemoryAccount _bytes = new(options.QueueBytes);
    private readonly Channel<DiskWork> _works = Channel.CreateBounded<DiskWork>(new BoundedChannelOptions(options.QueueRecords) { SingleReader = true });

    public long Bytes => _bytes.Bytes;

    public ChannelReader<DiskWork> Works => _works.Reader;

    /// <summary>A buffer for a record, counted until it is returned; null when the bound is hit.</summary>
    public byte[]? TryRent(int bytes)
    {
        if (bytes > buffers.Largest)
        {
            counts.Hit(DiskReason.HeadTooLarge);
            return null;
        }

        var buffer = buffers.Rent(bytes);
        if (_bytes.TryTake(buffer.Length))
        {
            return buffer;
        }

        buffers.Return(buffer);
        counts.Hit(DiskReason.QueueFull);
        return null;
    }

    public void Return(byte[] buffer)
    {
        _bytes.Return(buffer.Length);
        buffers.Return(buffer);
    }

    public bool TryPost(in DiskWork work)
    {
        if (_works.Writer.TryWrite(work))
        {
            return true;
        }

        counts.Hit(DiskReason.QueueFull);
        return false;
    }

    /// <summary>Has the writer look for removals. A writer with a full queue looks anyway.</summary>
    public void Wake() => _works.Writer.TryWrite(default);

    /// <summary>Returns when all that was posted before has been written, and removals are durable.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _works.Writer.WriteAsync(new DiskWork(null, default, null, done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    public void Complete() => _works.Writer.TryComplete();
}
