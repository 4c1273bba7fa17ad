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

        var (verdict, read) = await ReadAsync(segment, place, cancellationToken);
        if (read is { } whole && IsHeadOf(entry, whole.Record))
        {
            return new DiskHead(whole.Payload, whole.Record);
        }

        read?.Payload.Dispose();
        if (verdict != Verdict.NoRoom)
        {
            // The damage may heal by itself, and a removal that comes meanwhile would find nothing to remove: so it is removed now.
            counts.Hit(verdict == Verdict.Failed ? DiskReason.ReadFailed : DiskReason.Damaged);
            index.Remove(entry);
            queue.Wake();
        }

        return null;
    }

    public async ValueTask<PooledBuffer?> ReadSliceAsync(DiskEntry entry, int slice, CancellationToken cancellationToken) =>
        await ReadSliceAsync(entry, slice, null, cancellationToken);

    /// <summary>The slice's place in its file, its bytes checked just now; null also where there are no such handles.</summary>
    public async ValueTask<DiskRegion?> OpenSliceAsync(DiskEntry entry, int slice, CancellationToken cancellationToken)
    {
        List<DiskRegion> regions = [];
        using var read = await ReadSliceAsync(entry, slice, regions, cancellationToken);
        return regions.FirstOrDefault();
    }

    private async ValueTask<PooledBuffer?> ReadSliceAsync(DiskEntry entry, int slice, List<DiskRegion>? regions, CancellationToken cancellationToken)
    {
        if (!index.TryLeaseSlice(entry, slice, out var place, out var segment))
        {
            return null;
        }

        if (regions is not null)
        {
            // A lease of the region's own.
            segment.Lease();
        }

        var (verdict, read) = await ReadAsync(segment, place, cancellationToken);
        if (read is { } whole && IsSliceOf(entry, slice, whole.Record))
        {
            regions?.Add(new DiskRegion(segment, place.Offset + DiskRecord.HeaderBytes, whole.Record.PayloadBytes));
            return whole.Payload;
        }

        read?.Payload.Dispose();
        if (regions is not null)
        {
            segment.LetGo();
        }

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
            segment.LetGo();
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
