namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Makes room: the oldest segment goes whole, and what was asked for since it was written is written anew, up to a share (FIFO with one bit of
/// reinsertion: decision 0013).
/// </summary>
internal sealed class SegmentReclaim(DiskOptions options, SegmentLog log, DiskIndex index, DiskBuffers buffers, DiskCounts counts)
{
    private const int BatchBytes = 1 << 20;

    private readonly List<(DiskRecord Record, RecordPlace From, RecordPlace To, byte[] Buffer)> _staged = [];

    /// <exception cref="IOException">A write failed.</exception>
    public async ValueTask ReclaimOldestAsync()
    {
        var segment = log.Oldest!;
        var budget = (long)(options.SegmentBytes * options.ReinsertShare);
        var bytes = 0L;
        SegmentScan scan = new(segment.File, segment.Header, segment.Length);
        try
        {
            while (await MoveNextAsync(scan))
            {
                if (!index.Spares(scan.Record, scan.Place))
                {
                    index.Drop(scan.Record, scan.Place);
                }
                else if (bytes + scan.Record.Bytes > budget || !await TryStageAsync(segment, scan.Record, scan.Place))
                {
                    counts.Hit(DiskReason.ReinsertFull);
                    index.Drop(scan.Record, scan.Place);
                }
                else
                {
                    bytes += scan.Record.Bytes;
                    if (_staged.Sum(static staged => (long)staged.Record.Bytes) >= BatchBytes)
                    {
                        await FlushAsync();
                    }
                }
            }

            await FlushAsync();
        }
        finally
        {
            // Whatever failed: what the index has forgotten must not stay where the next start would find it.
            LetGo();
            log.Delete(segment);
        }
    }

    /// <summary>The walk ends where the segment cannot be read: what lies behind goes with it.</summary>
    private async ValueTask<bool> MoveNextAsync(SegmentScan scan)
    {
        try
        {
            return await scan.MoveNextAsync();
        }
        catch (IOException)
        {
            counts.Hit(DiskReason.ReadFailed);
            return false;
        }
    }

    /// <summary>Reads and checks a record and gives it a new place; false when it is damaged, or there is no room.</summary>
    private async ValueTask<bool> TryStageAsync(Segment segment, DiskRecord record, RecordPlace from)
    {
        var buffer = buffers.Rent(record.Bytes);
        try
        {
            if (await RecordReader.TryReadAsync(segment, from, buffer, CancellationToken.None) is { } read && read == record && log.TryStage(record, buffer, out var to))
            {
                _staged.Add((record, from, to, buffer));
                return true;
            }
        }
        catch (IOException)
        {
            counts.Hit(DiskReason.ReadFailed);
        }

        buffers.Return(buffer);
        return false;
    }

    private async ValueTask FlushAsync()
    {
        await log.FlushAsync();
        foreach (var (record, from, to, _) in _staged)
        {
            index.Move(record, from, to);
            counts.Reinserted(record.Bytes);
        }

        LetGo();
    }

    private void LetGo()
    {
        foreach (var (_, _, _, buffer) in _staged)
        {
            buffers.Return(buffer);
        }

        _staged.Clear();
    }
}
