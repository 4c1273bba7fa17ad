using System.Buffers.Binary;
using System.Security.Cryptography;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// The file of subject keys: a header (64 bytes: magic (8) · format (8) · id of the set (16), zeros in older files · zeros · CRC-32C (4)), then per key 64 bytes:
/// CRC-32C (4) · state (4) · XxHash128 of tenant and subject (16) · key (32) · zeros (8). A key's id is its slot, from 1.
/// </summary>
internal sealed class SubjectKeyFile : IDisposable
{
    public const int SecretBytes = 32;
    private const int SlotBytes = 64;
    private const int SecretAt = 24;
    private const int SetAt = 16;
    private const int ChecksumAt = SlotBytes - 4;
    private const byte Format = 1;
    private const int Stretch = SlotBytes << 14;
    private const uint Live = 1;
    private const uint Destroyed = 2;
    private readonly IJournalFile _file;
    private readonly string _path;
    private readonly bool _readOnly;

    /// <summary>Opens the file, or creates it with a header.</summary>
    /// <exception cref="JournalCorruptException">The header is damaged.</exception>
    public SubjectKeyFile(IJournalFiles files, string path, bool readOnly)
    {
        (_path, _readOnly) = (path, readOnly);
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!readOnly)
        {
            DurableFile.CreateDirectory(files, directory);
        }

        _file = files.Open(path, writable: !readOnly);
        try
        {
            if (!readOnly && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            if (_file.Length < SlotBytes && !readOnly)
            {
                _file.Write(Header(new Guid(RandomNumberGenerator.GetBytes(16))), 0);
                _file.Sync();
            }

            if (!readOnly)
            {
                files.SyncDirectory(directory);
            }

            Set = ReadHeader();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>What names this set of keys; empty in a file of an earlier release.</summary>
    public Guid Set { get; }

    private static ReadOnlySpan<byte> Magic => "MILLKEYS"u8;

    /// <summary>
    /// Reads every slot and makes it durable: an earlier process may have left what it read in the page cache only, after a failed sync, so all is written again.
    /// </summary>
    /// <param name="onLive">Takes id, owner and key of each live slot.</param>
    /// <param name="onDamaged">Takes the id of each slot whose checksum fails: a key that is lost.</param>
    /// <returns>The newest id.</returns>
    public long Load(LiveSlot onLive, Action<long> onDamaged)
    {
        var buffer = GC.AllocateArray<byte>(Stretch, pinned: true);
        var slots = Math.Max(0, (_file.Length / SlotBytes) - 1);
        for (var id = 1L; id <= slots; id += Stretch / SlotBytes)
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(Stretch, (slots - id + 1) * SlotBytes));
            _file.Read(bytes, id * SlotBytes);
            for (var at = 0; at < bytes.Length; at += SlotBytes)
            {
                if (!Read(bytes.Slice(at, SlotBytes), id + (at / SlotBytes), onLive))
                {
                    onDamaged(id + (at / SlotBytes));
                }
            }

            if (!_readOnly)
            {
                _file.Write(bytes, id * SlotBytes);
            }
        }

        if (!_readOnly)
        {
            _file.Sync();
        }

        CryptographicOperations.ZeroMemory(buffer);
        return slots;
    }

    public static void WriteLive(Span<byte> slot, UInt128 owner, ReadOnlySpan<byte> secret) => WriteSlot(slot, Live, owner, secret);

    public static void WriteDestroyed(Span<byte> slot) => WriteSlot(slot, Destroyed, default, []);

    /// <summary>Room for the slots of so many keys.</summary>
    public static byte[] NewSlots(long keys) => new byte[keys * SlotBytes];

    /// <summary>The slot of the <paramref name="index"/>th key in <paramref name="slots"/>.</summary>
    public static Span<byte> SlotOf(byte[] slots, long index) => slots.AsSpan((int)(index * SlotBytes), SlotBytes);

    /// <summary>Writes slots; <see cref="Sync"/> makes them durable.</summary>
    /// <exception cref="JournalFullException">The disk is full; the slots may be written again.</exception>
    /// <exception cref="JournalFaultException">The disk refused; the slots must be written again before another sync counts.</exception>
    public void Write(ReadOnlySpan<byte> slots, long firstId)
    {
        try
        {
            _file.Write(slots, firstId * SlotBytes);
        }
        catch (IOException e) when (SegmentWriter.IsDiskFull(e))
        {
            throw new JournalFullException("disk", $"the disk of {_path} is full: {e.Message}");
        }
        catch (IOException e)
        {
            throw new JournalFaultException($"cannot write the subject keys: {e.Message}", e);
        }
    }

    /// <exception cref="JournalFaultException">The disk refused; what was not durable must be written again before another sync counts.</exception>
    public void Sync()
    {
        try
        {
            _file.Sync();
        }
        catch (IOException e)
        {
            throw new JournalFaultException($"cannot make the subject keys durable: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Header(Guid set)
    {
        var header = new byte[SlotBytes];
        Magic.CopyTo(header);
        header[Magic.Length] = Format;
        set.TryWriteBytes(header.AsSpan(SetAt));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Crc32C.Of(header.AsSpan(0, ChecksumAt)));
        return header;
    }

    private static void WriteSlot(Span<byte> slot, uint state, UInt128 owner, ReadOnlySpan<byte> secret)
    {
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], state);
        BinaryPrimitives.WriteUInt128LittleEndian(slot[8..], owner);
        secret.CopyTo(slot[SecretAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Crc32C.Of(slot[4..]));
    }

    /// <returns>Whether the slot's checksum holds.</returns>
    private static bool Read(ReadOnlySpan<byte> slot, long id, LiveSlot onLive)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Crc32C.Of(slot[4..]))
        {
            return false;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) == Live)
        {
            onLive(id, BinaryPrimitives.ReadUInt128LittleEndian(slot[8..]), slot.Slice(SecretAt, SecretBytes));
        }

        return true;
    }

    private Guid ReadHeader()
    {
        var header = new byte[SlotBytes];
        _file.Read(header, 0);
        var set = new Guid(header.AsSpan(SetAt, 16));
        return header.AsSpan().SequenceEqual(Header(set))
            ? set
            : throw new JournalCorruptException(_path, 0, $"{_path}: the header of the subject keys is damaged or of an unknown format");
    }

    internal delegate void LiveSlot(long id, UInt128 owner, ReadOnlySpan<byte> secret);
}
