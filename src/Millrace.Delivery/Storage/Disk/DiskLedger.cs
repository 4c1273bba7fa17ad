using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Small notes that hold after a crash, in one file beside the segments: what their content has still to obey. Notes wait in memory until the writer
/// appends them as one checked group and syncs it; when the file's room is used up, or an append has failed, it is written anew from a snapshot under
/// another name, and renamed. Without it nothing in the segments counts.
/// </summary>
internal sealed class DiskLedger(IDiskFiles files, DiskFolder folder, Func<ulong> nonce, IDiskNotes? notes) : IDisposable
{
    private const int HeaderBytes = 24;
    private const int GroupBytes = 24;
    private const int Alignment = 8;
    private const int MinRoom = 64 << 10;

    /// <summary>Notes that wait for a writer that is slow: beyond it the snapshot stands for them.</summary>
    private const int MaxWaiting = 65_536;
    private const ulong Magic = 0x3130_4744_4c53_444d; // "MDSLDG01"
    private const ulong GroupMagic = 0x7370_756f_7267_4c4d;

    private readonly Lock _gate = new();
    private List<byte[]> _waiting = [];
    private IDiskFile? _file;
    private ulong _nonce;
    private long _end;
    private long _room;
    private bool _overflowed;

    /// <summary>Whether notes wait to be written.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>Whether the file must be written anew before it can be relied on: at the start, and after a failure.</summary>
    public bool IsOwed => _file is null;

    /// <summary>Reads what an earlier process noted; false when it is not there, damaged, or of a later release.</summary>
    public async ValueTask<bool> TryRestoreAsync()
    {
        try
        {
            using var file = files.Open(folder.Ledger);
            var bytes = new byte[file.Length];
            var read = await file.ReadAsync(bytes, 0, CancellationToken.None);
            if (TryRead(bytes.AsSpan(0, read), out var found))
            {
                notes?.Restore(found);
                return true;
            }
        }
        catch (IOException)
        {
            // As good as lost.
        }

        return false;
    }

    /// <summary>Takes a note, which is durable after the next <see cref="WriteAsync"/>.</summary>
    public void Add(byte[] note)
    {
        lock (_gate)
        {
            if (_waiting.Count < MaxWaiting)
            {
                _waiting.Add(note);
            }
            else
            {
                _overflowed = true;
            }
        }
    }

    /// <summary>Makes all notes so far durable.</summary>
    /// <exception cref="IOException">It failed; what waited still waits, and the file is owed.</exception>
    public async ValueTask WriteAsync()
    {
        List<byte[]> taken;
        bool overflowed;
        lock (_gate)
        {
            (taken, _waiting, overflowed, _overflowed) = (_waiting, [], _overflowed, false);
        }

        try
        {
            if (overflowed || !await TryAppendAsync(taken))
            {
                await RewriteAsync(notes?.Snapshot() ?? taken);
            }
        }
        catch
        {
            Close();
            lock (_gate)
            {
                (_waiting, _overflowed) = ([.. taken, .. _waiting], overflowed || _overflowed);
            }

            throw;
        }
    }

    /// <summary>Forgets what waits: nothing is left that it speaks of, and the next file has it in its snapshot.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _waiting.Clear();
        }
    }

    public void Dispose() => Close();

    /// <summary>The notes of a file, up to a group that was torn; false when there is no file, or damage that is no tear.</summary>
    private static bool TryRead(ReadOnlySpan<byte> bytes, out List<byte[]> found)
    {
        found = [];
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) != XxHash3.HashToUInt64(bytes[..16]))
        {
            return false;
        }

        var nonce = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        var at = HeaderBytes;
        for (; GroupAt(bytes, at, nonce) is { IsEmpty: false } group; at += Padded(GroupBytes + group.Length))
        {
            for (var rest = group; !rest.IsEmpty;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                found.Add(rest.Slice(sizeof(int), length).ToArray());
                rest = rest[(sizeof(int) + length)..];
            }
        }

        // Each group was durable before the next began: one behind a bad one means that notes are lost which had been promised.
        for (at += Alignment; at + GroupBytes <= bytes.Length; at += Alignment)
        {
            if (!GroupAt(bytes, at, nonce).IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The group's notes, or nothing when there is none whole.</summary>
    private static ReadOnlySpan<byte> GroupAt(ReadOnlySpan<byte> bytes, int at, ulong nonce)
    {
        if (at + GroupBytes > bytes.Length || BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) != GroupMagic)
        {
            return default;
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 8)..]);
        var rest = bytes[(at + GroupBytes)..];
        return length > 0 && length <= rest.Length && BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 16)..]) == SumOf(rest[..(int)length], at, nonce)
            ? rest[..(int)length]
            : default;
    }

    private static ulong SumOf(ReadOnlySpan<byte> notes, long at, ulong nonce) =>
        XxHash3.HashToUInt64(notes, (long)(nonce + ((ulong)at * 0x9e37_79b9_7f4a_7c15)));

    private static int Padded(int bytes) => (bytes + Alignment - 1) & -Alignment;

    private static byte[] GroupOf(IEnumerable<byte[]> notes, long at, ulong nonce)
    {
        ArrayBufferWriter<byte> into = new();
        into.GetSpan(GroupBytes)[..GroupBytes].Clear();
        into.Advance(GroupBytes);
        foreach (var note in notes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(sizeof(int)), note.Length);
            into.Advance(sizeof(int));
            into.Write(note);
        }

        var group = new byte[Padded(into.WrittenCount)];
        into.WrittenSpan.CopyTo(group);
        BinaryPrimitives.WriteUInt64LittleEndian(group, GroupMagic);
        BinaryPrimitives.WriteInt64LittleEndian(group.AsSpan(8), into.WrittenCount - GroupBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(group.AsSpan(16), SumOf(into.WrittenSpan[GroupBytes..], at, nonce));
        return group;
    }

    /// <summary>False when there is no file to append to, or no room in it.</summary>
    private async ValueTask<bool> TryAppendAsync(List<byte[]> taken)
    {
        if (_file is not { } file)
        {
            return false;
        }

        if (taken.Count == 0)
        {
            return true;
        }

        var group = GroupOf(taken, _end, _nonce);
        if (_end + group.Length > _room)
        {
            return false;
        }

        await file.WriteAsync([group], _end);
        file.Sync();
        _end += group.Length;
        return true;
    }

    private async ValueTask RewriteAsync(IEnumerable<byte[]> all)
    {
        await folder.SettleAsync();
        var header = new byte[HeaderBytes];
        var seed = nonce();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), seed);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), XxHash3.HashToUInt64(header.AsSpan(0, 16)));
        var group = GroupOf(all, HeaderBytes, seed);
        byte[] written = group.Length > GroupBytes ? [.. header, .. group] : header;

        // Room for as much again, so that rewriting costs what appending does, and appending does not find the disk full.
        var room = Math.Max(MinRoom, 2L * written.Length);
        var next = folder.Ledger + ".new";
        var file = files.Create(next, room);
        try
        {
            await file.WriteAsync([written], 0);
            file.Sync();
            files.Replace(next, folder.Ledger);
            files.SyncDirectory(folder.Root);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        Close();
        (_file, _nonce, _end, _room) = (file, seed, written.Length, room);
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
