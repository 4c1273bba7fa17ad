using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using ZstdSharp;

namespace Millrace.Features.Images;

/// <summary>
/// The frame of every snapshot: magic and version · length of the head · head · XxHash64 of all that · body, a zstd stream · SHA-256 of all that · the length of all that ·
/// closing magic. What is read is believed only when the hash fits; until then it fills structures that nobody else sees.
/// </summary>
internal static class SnapshotFile
{
    internal const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>The one format that is written and read.</summary>
    internal const int Version = 4;

    private const int MostHead = 4 << 20;

    // The fastest level: loading and writing are bound by the processor already. What a slower one would save has not been measured.
    private const int Level = 1;
    private const int TailBytes = HashBytes + sizeof(long) + 8;

    private static ReadOnlySpan<byte> Magic => "MlrcFeat"u8;

    private static ReadOnlySpan<byte> End => "FeatDone"u8;

    /// <summary>Writes a snapshot whole.</summary>
    /// <param name="to">Where; from its present position on.</param>
    /// <param name="head">What it is.</param>
    /// <param name="body">Writes what it holds; told the bytes of the head, which name the file.</param>
    /// <returns>The SHA-256.</returns>
    internal static byte[] Write(Stream to, SnapshotHead head, Action<StateWriter, byte[]> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var hashed = new HashedStream(to, hash);
        var opening = Opening(head);
        hashed.Write(opening);
        using (var packed = new CompressionStream(hashed, Level, leaveOpen: true))
        {
            var writer = new StateWriter(packed);
            body(writer, opening);
            writer.Flush();
        }

        var tail = new byte[TailBytes];
        hash.GetHashAndReset(tail);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(HashBytes), hashed.Count);
        End.CopyTo(tail.AsSpan(HashBytes + sizeof(long)));
        to.Write(tail);
        return tail[..HashBytes];
    }

    /// <summary>The format of a file that is there whole; null when it is no snapshot.</summary>
    internal static int? VersionOf(Stream from) => Refusing<int?>(() =>
    {
        ReadTail(from);
        var fix = new byte[12];
        from.Position = 0;
        from.ReadExactly(fix);
        return BinaryPrimitives.ReadInt32LittleEndian(fix.AsSpan(8));
    });

    /// <summary>Reads the head and the hash, and nothing else.</summary>
    /// <exception cref="FeatureSnapshotException">It is no snapshot, or not whole.</exception>
    internal static (SnapshotHead Head, byte[] Hash) ReadHead(Stream from)
    {
        return Refusing(() =>
        {
            var tail = ReadTail(from);
            return (ReadHead(from, null, out _), tail[..HashBytes]);
        });
    }

    /// <summary>Reads a snapshot from its beginning to its end.</summary>
    /// <param name="from">The file.</param>
    /// <param name="mostBytes">The most bytes of the body, unpacked.</param>
    /// <param name="body">Reads what it holds; told the head, and the bytes which name the file.</param>
    /// <exception cref="FeatureSnapshotException">It is refused.</exception>
    internal static T Read<T>(Stream from, long mostBytes, Func<SnapshotHead, byte[], StateReader, T> body) => Refusing(() =>
    {
        var tail = ReadTail(from);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = ReadHead(from, hash, out var opening);
        using var hashed = new HashedStream(from, hash, from.Length - TailBytes - opening.Length);
        using var packed = new DecompressionStream(hashed, leaveOpen: true);
        var reader = new StateReader(new BoundedRead(packed, mostBytes));
        var read = body(head, opening, reader);
        if (!reader.AtEnd() || hashed.ReadByte() >= 0)
        {
            throw reader.Bad("the end", "more bytes");
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(tail.AsSpan(0, HashBytes))
            ? read
            : throw new FeatureSnapshotException(FeatureSnapshotFault.Corrupt, "its hash is that of other bytes");
    });

    private static T Refusing<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception malformed) when (malformed is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Corrupt, malformed.Message, malformed);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Unreadable, refused.Message, refused);
        }
    }

    private static byte[] Opening(SnapshotHead head)
    {
        using var bytes = new MemoryStream();
        var writer = new StateWriter(bytes);
        writer.Raw(Magic);
        writer.Raw([Version, 0, 0, 0, 0, 0, 0, 0]);
        head.Write(writer);
        writer.Flush();
        var opening = new byte[bytes.Length + sizeof(ulong)];
        bytes.GetBuffer().AsSpan(0, (int)bytes.Length).CopyTo(opening);
        BinaryPrimitives.WriteInt32LittleEndian(opening.AsSpan(12), (int)bytes.Length - 16);
        XxHash64.Hash(opening.AsSpan(0, (int)bytes.Length), opening.AsSpan((int)bytes.Length));
        return opening;
    }

    private static SnapshotHead ReadHead(Stream from, IncrementalHash? hash, out byte[] opening)
    {
        from.Position = 0;
        var fix = new byte[16];
        from.ReadExactly(fix);
        if (fix[8] != Version || fix.AsSpan(9, 3).ContainsAnyExcept((byte)0))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Version, $"expected version {Version}; got {fix[8]}");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(fix.AsSpan(12));
        if (length is < 0 or > MostHead || from.Length < fix.Length + length + sizeof(ulong) + TailBytes)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Corrupt, $"its head cannot be of {length} bytes");
        }

        opening = [.. fix, .. new byte[length + sizeof(ulong)]];
        from.ReadExactly(opening.AsSpan(fix.Length));
        if (XxHash64.HashToUInt64(opening.AsSpan(0, opening.Length - sizeof(ulong))) != BinaryPrimitives.ReadUInt64BigEndian(opening.AsSpan(opening.Length - sizeof(ulong))))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Corrupt, "the hash of its head is that of other bytes");
        }

        hash?.AppendData(opening);
        return SnapshotHead.Read(new StateReader(opening[fix.Length..^sizeof(ulong)]));
    }

    private static byte[] ReadTail(Stream from)
    {
        var first = new byte[Magic.Length];
        from.Position = 0;
        if (from.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) < first.Length || !first.AsSpan().SequenceEqual(Magic))
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Foreign, "it does not begin as a feature snapshot");
        }

        var tail = new byte[TailBytes];
        from.Position = Math.Max(0, from.Length - TailBytes);
        var read = from.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
        if (read < tail.Length || !tail.AsSpan(HashBytes + sizeof(long)).SequenceEqual(End)
            || BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(HashBytes)) != from.Length - TailBytes)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Truncated, $"it does not end as a feature snapshot, after {from.Length} bytes");
        }

        return tail;
    }
}
