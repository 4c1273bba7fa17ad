using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Journal.Segments;

/// <summary>CRC-32C (Castagnoli, RFC 3720 §12.1) by the processor's instruction: finds every flip of a single bit and every burst up to 32.</summary>
internal static class Crc32C
{
    public const uint Start = uint.MaxValue;

    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    public static uint Add(uint crc, ulong value) => BitOperations.Crc32C(crc, value);

    public static uint Of(ReadOnlySpan<byte> bytes) => ~Add(Start, bytes);
}
