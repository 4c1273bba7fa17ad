namespace Millrace.Delivery.Storage.Disk;

/// <summary>Reads a record whole and checks it.</summary>
internal static class RecordReader
{
    /// <summary>The record whose bytes fill the buffer's beginning, or null when they are not what was written at that place.</summary>
    /// <exception cref="IOException">The disk says no.</exception>
    public static async ValueTask<DiskRecord?> TryReadAsync(Segment segment, RecordPlace place, byte[] buffer, CancellationToken cancellationToken)
    {
        var read = await segment.File.ReadAsync(buffer.AsMemory(0, place.Bytes), place.Offset, cancellationToken);
        return read == place.Bytes
            && DiskRecord.TryRead(buffer, segment.Header.SeedAt(place.Offset), out var record)
            && record.Bytes == place.Bytes
            && record.PayloadSum == DiskRecord.Sum(buffer.AsSpan(DiskRecord.HeaderBytes, record.PayloadBytes))
                ? record
                : null;
    }
}
