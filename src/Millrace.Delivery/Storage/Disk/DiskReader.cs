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

        Verdict verdict;
        try
        {
            (verdict, var read) = await ReadAsync(segment, place, cancellationToken);
            if (read is { } whole && IsHeadOf(entry, whole.Record))
            {
                return new DiskHead(whole.Payload, whole.Record);
            }

            read?.Payload.Dispose();
        }
        finally
        {
            segment.LetGo();
        }

        if (verdict != Verdict.NoRoom)
        {
            // The damage may heal by itself, and a removal that comes meanwhile would find nothing to remove: so it is removed now.
            counts.Hit(verdict == Verdict.Failed ? DiskReason.ReadFailed : DiskReason.Damaged);
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

        try
        {
            return await ReadSliceAsync(entry, slice, segment, place, cancellationToken);
        }
        finally
        {
            segment.LetGo();
        }
    }

    /// <summary>The slice's place in its file, its bytes checked just now.</summary>
    public async ValueTask<DiskRegion?> OpenSliceAsync(DiskEntry entry, int slice, CancellationToken cancellationToken)
    {
        if (!index.TryLeaseSlice(entry, slice, out var place, out var segment))
        {
            return null;
        }

        DiskRegion region = new(segment, place.Offset + DiskRecord.HeaderBytes, entry.LengthOf(slice));
        try
        {
            using var read = await ReadSliceAsync(entry, slice, segment, place, cancellationToken);
            if (read is not null)
            {
                return region;
            }
        }
        catch
        {
            region.Dispose();
            throw;
        }

        region.Dispose();
        return null;
    }

    private async ValueTask<PooledBuffer?> ReadSliceAsync(DiskEntry entry, int slice, Segment segment, RecordPlace place, CancellationToken cancellationToken)
    {
        var (verdict, read) = await ReadAsync(segment, place, cancellationToken);
        if (read is { } whole && IsSliceOf(entry, slice, whole.Record))
        {
            return whole.Payload;
        }

        read?.Payload.Dispose();
        if (verdict != Verdict.NoRoom)
        {
            counts.Hit(verdict == Verdict.Failed ? DiskReason.ReadFailed : DiskReason.Damaged);
            index.RemoveSlice(entry, slice, place);
        }

        return null;
    }

    private enum Verdict
    {
        Whole,
        Damaged,
        Failed,
        NoRoom,
    }

    private async ValueTask<(Verdict Verdict, (DiskRecord Record, PooledBuffer Payload)? Read)> ReadAsync(Segment segment, RecordPlace place, CancellationToken cancellationToken)
    {
        var buffer = buffers.Rent(place.Bytes);
        var lent = false;
        try
        {
            if (!_account.TryTake(buffer.Length))
            {
                counts.Hit(DiskReason.ReadsFull);
                return (Verdict.NoRoom, null);
            }

            lent = true;
            if (await RecordReader.TryReadAsync(segment, place, buffer, cancellationToken) is not { } record)
            {
                return (Verdict.Damaged, null);
            }

            counts.Read(place.Bytes);
            PooledBuffer payload = new(buffers, _account, buffer, DiskRecord.HeaderBytes, record.PayloadBytes);
            buffer = null;
            return (Verdict.Whole, (record, payload));
        }
        catch (IOException)
        {
            return (Verdict.Failed, null);
        }
        finally
        {
            if (buffer is not null)
            {
                if (lent)
                {
                    _account.Return(buffer.Length);
                }

                buffers.Return(buffer);
            }
        }
    }

    private static bool IsHeadOf(in DiskEntry entry, in DiskRecord record) =>
        record.Kind == RecordKind.Head && IsOf(entry, record) && record.HeadBytes >= 0 && record.HeadBytes <= record.PayloadBytes
        && record.BodyLength == entry.BodyLength && (!entry.IsInline || record.PayloadBytes - record.HeadBytes == entry.BodyLength);

    private static bool IsSliceOf(in DiskEntry entry, int slice, in DiskRecord record) =>
        record.Kind == RecordKind.Slice && IsOf(entry, record) && record.SliceIndex == slice && record.PayloadBytes == entry.LengthOf(slice);

    private static bool IsOf(in DiskEntry entry, in DiskRecord record) =>
        record.Key == entry.Key && record.Variant == entry.Variant && record.Generation == entry.Generation;
}
