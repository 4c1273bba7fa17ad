namespace Millrace.Delivery.Storage.Disk;

/// <summary>Reads heads and slices, and believes nothing that their checksums and the index do not say alike.</summary>
internal sealed class DiskReader(DiskIndex index, DiskQueue queue, DiskBuffers buffers, DiskCounts counts, DiskOptions options)
{
    private readonly MemoryAccount _account = new(options.ReadBytes);

    public long Bytes => _account.Bytes;

    public async ValueTask<DiskHead?> ReadHeadAsync(DiskEntry entry, CancellationToken cancellationToken)
    {
        if (!index.TryLeaseHead(entry, out var place, out var segment))
        {
            return null;
        }

        using Lease lease = new(segment);
        var read = await ReadAsync(segment, place, record => IsHeadOf(entry, record), cancellationToken);
        if (read.Payload is { } payload)
        {
            return new DiskHead(payload, read.Record);
        }

        if (read.Fault != DiskReason.ReadsFull)
        {
            // The damage may heal by itself, and a removal that comes meanwhile would find nothing to remove: so it is removed now.
            index.Remove(entry);
            queue.Wake();
        }

        return null;
    }

    public async ValueTask<PooledBuffer?> ReadSliceAsync(DiskEntry entry, int slice, CancellationToken cancellationToken)
    {
        if (!index.TryLeaseSlice(entry, slice, out var place, out var segment))
        {
            return null;
        }

        using Lease lease = new(segment);
        return await ReadSliceAsync(entry, slice, segment, place, cancellationToken);
    }

    private async ValueTask<PooledBuffer?> ReadSliceAsync(DiskEntry entry, int slice, Segment segment, RecordPlace place, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(segment, place, record => IsSliceOf(entry, slice, record), cancellationToken);
        if (read.Payload is null && read.Fault != DiskReason.ReadsFull)
        {
            index.RemoveSlice(entry, slice, place);
        }

        return read.Payload;
    }

    private async ValueTask<ReadRecord> ReadAsync(Segment segment, RecordPlace place, Func<DiskRecord, bool> isExpected, CancellationToken cancellationToken)
    {
        var buffer = buffers.Rent(place.Bytes);
        if (!_account.TryTake(buffer.Length))
        {
            buffers.Return(buffer);
            return Fail(DiskReason.ReadsFull);
        }

        var fault = DiskReason.Damaged;
        PooledBuffer whole = new(buffers, _account, buffer);
        try
        {
            if (await RecordReader.TryReadAsync(segment, place, buffer, cancellationToken) is { } record && isExpected(record))
            {
                counts.Read(place.Bytes);
                whole.Show(DiskRecord.HeaderBytes, record.PayloadBytes);
                return new ReadRecord(whole, record, default);
            }
        }
        catch (IOException)
        {
            fault = DiskReason.ReadFailed;
        }
        catch
        {
            whole.Dispose();
            throw;
        }

        whole.Dispose();
        return Fail(fault);

        ReadRecord Fail(DiskReason reason)
        {
            counts.Hit(reason);
            return new ReadRecord(null, default, reason);
        }
    }

    private static bool IsHeadOf(in DiskEntry entry, in DiskRecord record) =>
        record.Kind == RecordKind.Head && IsOf(entry, record) && record.HeadBytes >= 0 && record.HeadBytes <= record.PayloadBytes
        && record.BodyLength == entry.BodyLength && (!entry.IsInline || record.PayloadBytes - record.HeadBytes == entry.BodyLength);

    private static bool IsSliceOf(in DiskEntry entry, int slice, in DiskRecord record) =>
        record.Kind == RecordKind.Slice && IsOf(entry, record) && record.SliceIndex == slice && record.PayloadBytes == entry.LengthOf(slice);

    private static bool IsOf(in DiskEntry entry, in DiskRecord record) =>
        record.Key == entry.Key && record.Variant == entry.Variant && record.Generation == entry.Generation;

    /// <summary>A record's payload, or why there is none.</summary>
    private readonly record struct ReadRecord(PooledBuffer? Payload, DiskRecord Record, DiskReason Fault);

    private readonly struct Lease(Segment segment) : IDisposable
    {
        public void Dispose() => segment.LetGo();
    }
}
