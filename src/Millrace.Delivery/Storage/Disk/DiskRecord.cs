using System.Buffers.Binary;
using System.IO.Hashing;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>What a record says.</summary>
internal enum RecordKind : byte
{
    /// <summary>An object's head, and its body when that is small.</summary>
    Head = 1,

    /// <summary>A slice of a body.</summary>
    Slice = 2,

    /// <summary>All variants of a key up to a generation are void.</summary>
    Removal = 3,

    /// <summary>One variant of a key up to a generation is void.</summary>
    VariantRemoval = 4,

    /// <summary>Everything up to a generation is void.</summary>
    Clearing = 5,
}

/// <summary>
/// A record's header. Its checksum is seeded by the segment's nonce and the record's own offset, so that a record that was moved, copied, or left
/// over from an earlier file is none. The payload's is in the header: whoever has a valid header knows what its payload must be.
/// </summary>
internal readonly record struct DiskRecord(RecordKind Kind, UInt128 Key, ulong Variant, ulong Generation)
{
    public const int HeaderBytes = 80;

    private const uint Magic = 0x4b53_444d; // "MDSK"
    private const byte Version = 1;
    private const int Alignment = 8;
    private const int Summed = HeaderBytes - sizeof(ulong);

    public int PayloadBytes { get; init; }

    /// <summary>How much of a head record's payload, at its end, is the head; before it lies the body, if that is small.</summary>
    public int HeadBytes { get; init; }

    public long BodyLength { get; init; }

    public int SliceBytes { get; init; }

    public int SliceIndex { get; init; }

    public ulong PayloadSum { get; init; }

    public bool IsRemoval => Kind is RecordKind.Removal or RecordKind.VariantRemoval or RecordKind.Clearing;

    /// <summary>The record's bytes with header and padding.</summary>
    public int Bytes => BytesFor(PayloadBytes);

    public static int BytesFor(int payload) => HeaderBytes + ((payload + Alignment - 1) & -Alignment);

    public static ulong Sum(ReadOnlySpan<byte> payload) => XxHash3.HashToUInt64(payload);

    public void Write(Span<byte> header, ulong seed)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = Version;
        header[5] = (byte)Kind;
        header[6..8].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], PayloadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], HeadBytes);
        BinaryPrimitives.WriteUInt128LittleEndian(header[16..], Key);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], Variant);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], BodyLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[56..], SliceBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[60..], SliceIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(header[64..], PayloadSum);
        BinaryPrimitives.WriteUInt64LittleEndian(header[Summed..], XxHash3.HashToUInt64(header[..Summed], (long)seed));
    }

    public static bool TryRead(ReadOnlySpan<byte> header, ulong seed, out DiskRecord record)
    {
        record = default;
        if (header.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic || header[4] != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(header[Summed..]) != XxHash3.HashToUInt64(header[..Summed], (long)seed))
        {
            return false;
        }

        record = new DiskRecord(
            (RecordKind)header[5],
            BinaryPrimitives.ReadUInt128LittleEndian(header[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[40..]))
        {
            PayloadBytes = BinaryPrimitives.ReadInt32LittleEndian(header[8..]),
            HeadBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            BodyLength = BinaryPrimitives.ReadInt64LittleEndian(header[48..]),
            SliceBytes = BinaryPrimitives.ReadInt32LittleEndian(header[56..]),
            SliceIndex = BinaryPrimitives.ReadInt32LittleEndian(header[60..]),
            PayloadSum = BinaryPrimitives.ReadUInt64LittleEndian(header[64..]),
        };
        return true;
    }
}
