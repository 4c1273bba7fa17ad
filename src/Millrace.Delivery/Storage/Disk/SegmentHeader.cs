using System.Buffers.Binary;
using System.IO.Hashing;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>The first bytes of a segment file.</summary>
/// <param name="Id">Segments count up, for ever.</param>
/// <param name="Nonce">Random: seeds the checksums of this file's records.</param>
/// <param name="Oldest">The oldest segment that counted when this one began: an older file is one whose deletion a power cut undid.</param>
/// <param name="Removals">How many removals all segments before this one have held: fewer found means that damage took some.</param>
internal readonly record struct SegmentHeader(uint Id, ulong Nonce, uint Oldest, ulong Removals)
{
    public const int Bytes = 64;

    private const ulong Magic = 0x3130_4745_534d_5244; // "DRMSEG01"
    private const int Summed = Bytes - sizeof(ulong);

    /// <summary>The seed of the record at an offset.</summary>
    public ulong SeedAt(long offset) => Nonce + ((ulong)offset * 0x9e37_79b9_7f4a_7c15);

    public void Write(Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Id);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Oldest);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Nonce);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Removals);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[Summed..], XxHash3.HashToUInt64(bytes[..Summed]));
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        header = default;
        if (bytes.Length < Bytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[Summed..]) != XxHash3.HashToUInt64(bytes[..Summed]))
        {
            return false;
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        return true;
    }
}
