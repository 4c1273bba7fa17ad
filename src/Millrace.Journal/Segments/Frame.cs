using System.Buffers.Binary;

namespace Millrace.Journal.Segments;

/// <summary>What a frame holds.</summary>
internal enum FrameKind
{
    /// <summary>One fact.</summary>
    Fact = 1,

    /// <summary>The head of a batch: the offset of its first fact, and the offset that was durable when it was written.</summary>
    Mark = 2,

    /// <summary>A mark after which the segment holds nothing.</summary>
    Seal = 3,
}

/// <summary>
/// The unit of a segment: kind (4 bits) and length of the content (28 bits) · CRC-32C (4 bytes) · received, µs (8 bytes) · content. The checksum covers
/// the fact's offset too, though it is not written, so that a record cannot pass for another.
/// </summary>
internal static class Frame
{
    public const int HeadBytes = 16;
    public const int MarkBytes = HeadBytes + 16;
    private const int KindShift = 28;
    private const uint LengthMask = (1u << KindShift) - 1;

    public static void WriteFact(Span<byte> frame, long offset, long received) => Finish(frame, FrameKind.Fact, offset, received);

    public static void WriteMark(Span<byte> frame, FrameKind kind, long first, long durable, long received)
    {
        BinaryPrimitives.WriteInt64LittleEndian(frame[HeadBytes..], first);
        BinaryPrimitives.WriteInt64LittleEndian(frame[(HeadBytes + 8)..], durable);
        Finish(frame[..MarkBytes], kind, first, received);
    }

    public static FrameKind Kind(ReadOnlySpan<byte> frame) => (FrameKind)(BinaryPrimitives.ReadUInt32LittleEndian(frame) >> KindShift);

    /// <summary>Of the content.</summary>
    public static int Length(ReadOnlySpan<byte> frame) => (int)(BinaryPrimitives.ReadUInt32LittleEndian(frame) & LengthMask);

    public static long Received(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[8..]);

    public static long MarkFirst(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[HeadBytes..]);

    public static long MarkDurable(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[(HeadBytes + 8)..]);

    /// <summary>Whether a whole frame's checksum holds at <paramref name="offset"/>.</summary>
    public static bool Holds(ReadOnlySpan<byte> frame, long offset) => BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) == Checksum(frame, offset);

    /// <summary>The first four bytes of every mark: what a search for one begins with.</summary>
    public static uint MarkHead(FrameKind kind) => ((uint)kind << KindShift) | (MarkBytes - HeadBytes);

    private static void Finish(Span<byte> frame, FrameKind kind, long offset, long received)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, ((uint)kind << KindShift) | (uint)(frame.Length - HeadBytes));
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], received);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame, offset));
    }

    private static uint Checksum(ReadOnlySpan<byte> frame, long offset)
    {
        var crc = Crc32C.Add(Crc32C.Start, (ulong)offset);
        crc = Crc32C.Add(crc, frame[..4]);
        return ~Crc32C.Add(crc, frame[8..]);
    }
}
