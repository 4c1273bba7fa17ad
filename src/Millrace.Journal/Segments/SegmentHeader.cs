using System.Buffers.Binary;

namespace Millrace.Journal.Segments;

/// <summary>The first 64 bytes of a segment: magic (8) · format (2) · stream (2) · partition (4) · first offset (8) · created, µs (8) · zeros · CRC-32C (4).</summary>
internal readonly record struct SegmentHeader(JournalStream Stream, int Partition, long First, UnixMicros Created)
{
    public const int Bytes = 64;
    private const ushort Format = 1;
    private const int ChecksumAt = Bytes - 4;

    private static ReadOnlySpan<byte> Magic => "MILLRACE"u8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), Format);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), (ushort)Stream);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Partition);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), First);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Created.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Crc32C.Of(bytes.AsSpan(0, ChecksumAt)));
        return bytes;
    }

    /// <returns>Null when the bytes are no header of a format that this release reads.</returns>
    public static SegmentHeader? Parse(ReadOnlySpan<byte> bytes)
    {
        var wellFormed = bytes.Length >= Bytes && bytes.StartsWith(Magic) &&
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) == Crc32C.Of(bytes[..ChecksumAt]) &&
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) == Format;
        return !wellFormed
            ? null
            : new SegmentHeader(
                (JournalStream)BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                new UnixMicros(BinaryPrimitives.ReadInt64LittleEndian(bytes[24..])));
    }
}
