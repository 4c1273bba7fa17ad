using System.Buffers.Binary;

namespace Millrace.Delivery.Http2;

/// <summary>Kinds of frame (RFC 9113 §6).</summary>
internal enum FrameType : byte
{
    Data = 0x0,
    Headers = 0x1,
    Priority = 0x2,
    ResetStream = 0x3,
    Settings = 0x4,
    PushPromise = 0x5,
    Ping = 0x6,
    GoAway = 0x7,
    WindowUpdate = 0x8,
    Continuation = 0x9,
}

/// <summary>Flags of a frame; which of them a type has is RFC 9113's to say, and the others are ignored.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>END_STREAM; of SETTINGS and PING it is ACK.</summary>
    EndStream = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>The nine bytes before each frame's payload (RFC 9113 §4.1).</summary>
/// <param name="Length">Of the payload.</param>
/// <param name="Type">One of <see cref="FrameType"/>, or one that nobody has told us of.</param>
/// <param name="Flags">As they came.</param>
/// <param name="Stream">Zero for the connection; the reserved bit is left out.</param>
internal readonly record struct FrameHead(int Length, FrameType Type, FrameFlags Flags, int Stream)
{
    public const int Bytes = 9;

    /// <summary>What a payload may have until a peer's settings allow more (RFC 9113 §6.5.2).</summary>
    public const int DefaultMaxLength = 16 * 1024;

    public static FrameHead Read(ReadOnlySpan<byte> from) => new(
        (from[0] << 16) | (from[1] << 8) | from[2],
        (FrameType)from[3],
        (FrameFlags)from[4],
        BinaryPrimitives.ReadInt32BigEndian(from[5..]) & int.MaxValue);

    /// <summary>ACK, of SETTINGS and PING.</summary>
    public bool Acknowledges => Has(FrameFlags.EndStream);

    public bool Has(FrameFlags flag) => (Flags & flag) != 0;

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteInt32BigEndian(into, (Length << 8) | (byte)Type);
        into[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(into[5..], Stream);
    }
}
