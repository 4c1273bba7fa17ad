using System.Buffers.Binary;

namespace Millrace.Delivery.Http2;

/// <summary>What a client's SETTINGS say that a server has to know (RFC 9113 §6.5.2).</summary>
internal sealed class PeerSettings
{
    public const int EntryBytes = 6;

    /// <summary>A window never passes this (RFC 9113 §6.9.1).</summary>
    public const int MaxWindow = int.MaxValue;

    private const int MaxFrameLength = (1 << 24) - 1;

    private enum Setting : ushort
    {
        EnablePush = 0x2,
        InitialWindowSize = 0x4,
        MaxFrameSize = 0x5,
    }

    /// <summary>What a new stream may be sent.</summary>
    public int InitialWindow { get; private set; } = 65_535;

    /// <summary>The longest payload that it takes.</summary>
    public int MaxFrame { get; private set; } = FrameHead.DefaultMaxLength;

    /// <summary>Takes a payload over, entry by entry in order.</summary>
    /// <exception cref="Http2Exception">A value is out of bounds.</exception>
    public void Take(ReadOnlySpan<byte> payload)
    {
        for (; !payload.IsEmpty; payload = payload[EntryBytes..])
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch ((Setting)BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case Setting.EnablePush when value > 1:
                    throw new Http2Exception(Http2Error.Protocol, "SETTINGS_ENABLE_PUSH is zero or one.");
                case Setting.InitialWindowSize:
                    InitialWindow = value <= MaxWindow ? (int)value : throw new Http2Exception(Http2Error.FlowControl, "SETTINGS_INITIAL_WINDOW_SIZE is too large.");
                    break;
                case Setting.MaxFrameSize:
                    MaxFrame = value is >= FrameHead.DefaultMaxLength and <= MaxFrameLength
                        ? (int)value
                        : throw new Http2Exception(Http2Error.Protocol, "SETTINGS_MAX_FRAME_SIZE is out of bounds.");
                    break;
            }
        }
    }
}
