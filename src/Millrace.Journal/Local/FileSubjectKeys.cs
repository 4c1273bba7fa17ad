using System.Buffers.Binary;
using System.Security.Cryptography;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// Subject keys in one file of slots, outside the journal's directory: header (64 bytes), then per key 64 bytes: CRC-32C (4) · state (4) · XxHash128 of tenant and
/// subject (16) · key (32) · zeros (8). A key's id is its slot, from 1. Destroying a key writes zeros over its slot. All keys are held in memory, about 100 bytes each.
/// </summary>
public sealed class FileSubjectKeys : ISubjectKeys
{
    private const int SlotBytes = 64;
    private const int SecretAt = 24;
    private const int SecretBytes = 32;
    private const uint Live = 1;
    private const uint Destroyed = 2;
    private readonly Lock _lock = new();
    private readonly Lock _disk = new();
    private readonly Dictionary<UInt128, int> _slots = [];
    private readonly SecretPages _secrets = new();
    private readonly List<UInt128> _owners = [default]; // By slot; the default where no key lives.
    private readonly IJournalFile _file;
    private readonly int _maxSubjects;
    private long _durable;
    private JournalFaultException? _fault;

    /// <summary>Opens the key file, or creates it.</summary>
    /// <param name="path">The file; its directory is created when absent.</param>
    /// <param name="maxSubjects">At most so many keys; 4 M take about half a GiB of memory.</param>
    public FileSubjectKeys(string path, int maxSubjects = 4_000_000)
        : this(DiskFiles.Instance, path, maxSubjects, readOnly: false)
    {
    }

    internal FileSubjectKeys(IJournalFiles files, string path, int maxSubjects, bool readOnly)
    {
        _maxSubjects = maxSubjects;
        if (!readOnly)
        {
            DurableFile.CreateDirectory(files, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        _file = files.Open(path, writable: !readOnly);
        if (!readOnly && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Load(path, readOnly);
        if (!readOnly && _durable == 0)
        {
            _file.Write(Header(), 0);
            _file.Sync();
            files.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    /// <summary>Slots whose checksum fails: keys that are lost, so that what they sealed reads as erased.</summary>
    public int Damaged { get; private set; }

    private static ReadOnlySpan<byte> Magic => "MILLKEYS"u8;

    /// <summary>Opens a key file for reading: no key is created.</summary>
    public static FileSubjectKeys OpenReadOnly(string path) => new(DiskFiles.Instance, path, maxSubjects: 0, readOnly: true);

    /// <inheritdoc />
    public long Read(string tenant, string subject, Span<byte> secret)
    {
        var owner = FactKeys.HashSubject(tenant, subject);
        lock (_lock)
        {
            if (_slots.TryGetValue(owner, out var slot))
            {
                _secrets[slot].CopyTo(secret);
                return slot;
            }

            if (_slots.Count >= _maxSubjects)
            {
                JournalMetrics.BoundHit("maxSubjects");
                throw new JournalFullException("maxSubjects", $"there are keys for {_maxSubjects} subjects already");
            }

            slot = _owners.Count;
            _owners.Add(owner);
            _slots.Add(owner, slot);
            RandomNumberGenerator.Fill(_secrets[slot]);
            _secrets[slot].CopyTo(secret);
            return slot;
        }
    }

    /// <inheritdoc />
    public bool TryRead(long id, Span<byte> secret)
    {
        lock (_lock)
        {
            if (id <= 0 || id >= _owners.Count || _owners[(int)id] == default)
            {
                return false;
            }

            _secrets[(int)id].CopyTo(secret);
            return true;
        }
    }

    /// <inheritdoc />
    public void MakeDurable(long id)
    {
        if (id <= Volatile.Read(ref _durable))
        {
            return;
        }

        lock (_disk)
        {
            if (id <= _durable)
            {
                return;
            }

            var (slots, upTo) = NewSlots();
            Sync(slots, _durable + 1);
            Volatile.Write(ref _durable, upTo);
        }
    }

    /// <inheritdoc />
    public bool Destroy(string tenant, string subject)
    {
        var owner = FactKeys.HashSubject(tenant, subject);
        lock (_disk)
        {
            int slot;
            lock (_lock)
            {
                if (!_slots.Remove(owner, out slot))
                {
                    return false;
                }

                CryptographicOperations.ZeroMemory(_secrets[slot]);
                _owners[slot] = default;
            }

            if (slot <= _durable)
            {
                Sync(Slot(Destroyed, default, []), slot);
            }

            return true;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private static byte[] Header()
    {
        var header = new byte[SlotBytes];
        Magic.CopyTo(header);
        header[8] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(SlotBytes - 4), Crc32C.Of(header.AsSpan(0, SlotBytes - 4)));
        return header;
    }

    private static byte[] Slot(uint state, UInt128 owner, ReadOnlySpan<byte> secret)
    {
        var slot = new byte[SlotBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(4), state);
        BinaryPrimitives.WriteUInt128LittleEndian(slot.AsSpan(8), owner);
        secret.CopyTo(slot.AsSpan(SecretAt));
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Crc32C.Of(slot.AsSpan(4)));
        return slot;
    }

    private (byte[] Slots, int UpTo) NewSlots()
    {
        lock (_lock)
        {
            var bytes = new List<byte>();
            for (var slot = (int)_durable + 1; slot < _owners.Count; slot++)
            {
                bytes.AddRange(_owners[slot] == default ? Slot(Destroyed, default, []) : Slot(Live, _owners[slot], _secrets[slot]));
            }

            return ([.. bytes], _owners.Count - 1);
        }
    }

    /// <summary>Slot n stands at n × 64 bytes; the header has the place of slot 0.</summary>
    private void Sync(ReadOnlySpan<byte> slots, long first)
    {
        if (_fault is not null)
        {
            throw new JournalFaultException("the subject keys are closed since the disk failed; open them again", _fault);
        }

        try
        {
            _file.Write(slots, first * SlotBytes);
            _file.Sync();
        }
        catch (IOException e)
        {
            _fault = new JournalFaultException($"cannot write the subject keys: {e.Message}", e);
            throw _fault;
        }
    }

    private void Load(string path, bool readOnly)
    {
        var length = _file.Length;
        if (length < SlotBytes)
        {
            return;
        }

        var bytes = new byte[length];
        _file.Read(bytes, 0);
        if (!bytes.AsSpan(0, SlotBytes).SequenceEqual(Header()))
        {
            throw new JournalCorruptException(path, 0, $"{path}: the header of the subject keys is damaged or of an unknown format");
        }

        for (var at = SlotBytes; at + SlotBytes <= length; at += SlotBytes)
        {
            var slot = bytes.AsSpan(at, SlotBytes);
            var holds = BinaryPrimitives.ReadUInt32LittleEndian(slot) == Crc32C.Of(slot[4..]);
            var live = holds && BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) == Live;
            var owner = live ? BinaryPrimitives.ReadUInt128LittleEndian(slot[8..]) : default;
            Damaged += holds ? 0 : 1;
            if (live)
            {
                slot.Slice(SecretAt, SecretBytes).CopyTo(_secrets[_owners.Count]);
                _slots[owner] = _owners.Count;
            }

            _owners.Add(owner);
        }

        if (!readOnly)
        {
            _file.Sync();
        }

        _durable = _owners.Count - 1;
        CryptographicOperations.ZeroMemory(bytes);
    }

    /// <summary>The keys by slot, in pages that never move, so that no copy of one outlives it.</summary>
    private sealed class SecretPages
    {
        private const int PageSlots = 1024;
        private readonly List<byte[]> _pages = [];

        public Span<byte> this[int slot]
        {
            get
            {
                while (_pages.Count <= slot / PageSlots)
                {
                    _pages.Add(GC.AllocateArray<byte>(PageSlots * SecretBytes, pinned: true));
                }

                return _pages[slot / PageSlots].AsSpan(slot % PageSlots * SecretBytes, SecretBytes);
            }
        }
    }
}
