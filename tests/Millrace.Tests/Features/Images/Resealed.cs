using System.Buffers.Binary;
using System.Security.Cryptography;
using Millrace.Features.Images;
using ZstdSharp;

namespace Millrace.Tests.Features.Images;

/// <summary>Snapshot files that were changed by somebody who knows the format: packing and hashes are right, what is inside may be anything.</summary>
internal static class Resealed
{
    private const int Tail = SnapshotFile.HashBytes + sizeof(long) + 8;

    /// <summary>The body of a file, unpacked.</summary>
    public static byte[] Body(byte[] file)
    {
        using var packed = new DecompressionStream(new MemoryStream(file[OpeningOf(file)..^Tail]));
        using var body = new MemoryStream();
        packed.CopyTo(body);
        return body.ToArray();
    }

    /// <summary>The file with another body.</summary>
    public static byte[] With(byte[] file, byte[] body)
    {
        using var to = new MemoryStream();
        to.Write(file, 0, OpeningOf(file));
        using (var packed = new CompressionStream(to, 1, leaveOpen: true))
        {
            packed.Write(body);
        }

        var length = to.Length;
        to.Write(SHA256.HashData(to.GetBuffer().AsSpan(0, (int)length)));
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, length);
        to.Write(number);
        to.Write(file.AsSpan(file.Length - 8));
        return to.ToArray();
    }

    private static int OpeningOf(byte[] file) => 16 + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12)) + sizeof(ulong);
}
