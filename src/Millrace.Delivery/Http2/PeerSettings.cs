using System.Buffers.Binary;

namespace Millrace.Delivery.Http2;

/// <summary>What a client's SETTINGS say that a server has to know (RFC 9113 §6.5.2).</summary>
internal sealed class PeerSettings
{
    public const int EntryBytes = 6;

    /// <summary>A window never passes this (RFC 9113 §6.9.1).</summary>
    public const int MaxWindow = int.MaxValue;

    /// <summary>SETTINGS_MAX_CONCURRENT_STREAMS, which we say and clients need not.</summary>
    public const ushort MaxConcurrentStreams = 0x3;

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE.</summary>
    public const ushort InitialWindowSize = 0x4;

    /// <summary>SETTINGS_MAX_HEADER_LIST_SIZE.</summary>
    public const ushort MaxHeaderListSize = 0x6;

    private const ushort EnablePush = 0x2;
    private const ushort MaxFrameSize = 0x5;
    private const int MaxFrameLength = (1 << 24) - 1;

    /// <summary>What a new stream may be sent.</summary>
    public int InitialWindow { get; private set; } = 65_535;

    /// <summary>The longest payload that it takes.</summary>
    public int MaxFrame { get; private set; } = FrameHead.DefaultMaxLength;

    /// <summary>Writes an entry.</summary>
    public static void Put(Span<byte> into, ushort setting, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(into, setting);
        BinaryPrimitives.WriteInt32BigEndian(into[sizeof(ushort)..], value);
    }

    /// <summary>Takes a payload over, entry by entry in order.</summary>
    /// <exception cref="Http2Exception">A value is out of bounds.</exception>
    public void Take(ReadOnlySpan<byte> payload)
    {
        for (; !payload.IsEmpty; payload = payload[EntryBytes..])
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case EnablePush when value > 1:
                    throw new Http2Exception(Http2Error.Protocol, "SETTINGS_ENABLE_PUSH is zero or one.");
                case InitialWindowSize:
                    InitialWindow = value <= MaxWindow ? (int)value : throw new Http2Exception(Http2Error.FlowControl, "SETTINGS_INITIAL_WINDOW_SIZE is too large.");
                    break;
                case MaxFrameSize:
                    MaxFrame = value is >= FrameHead.DefaultMaxLength and <= MaxFrameLength
                        ? (int)value
                        : throw new Http2Exception(Http2Error.Protocol, "SETTINGS_MAX_FRAME_SIZE is out of bounds.");
                    break;
            }
        }
    }
}
