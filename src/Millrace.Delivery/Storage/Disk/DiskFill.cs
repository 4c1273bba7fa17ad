namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// One version of an object on its way to disk. Nothing here waits: when the queue has no room the fill has failed, and says so from then on.
/// What has no head when the fill ends is never found. For one caller at a time.
/// </summary>
internal sealed class DiskFill : IDisposable
{
    private const int FirstBytes = 16 << 10;

    private readonly DiskQueue _queue;
    private readonly DiskIndex _index;
    private readonly DiskOptions _options;
    private byte[]? _buffer;
    private int _used;
    private long _length;
    private int _slices;
    private bool _failed;
    private bool _disposed;

    // The caller, and each record in the queue.
    private int _holds = 1;
    private volatile bool _void;

    public DiskFill(DiskQueue queue, DiskIndex index, DiskOptions options, UInt128 key, ulong variant)
        => (_queue, _index, _options, Key, Variant, SliceBytes) = (queue, index, options, key, variant, options.SliceBytes);

    public DiskFill(DiskQueue queue, DiskIndex index, DiskOptions options, in DiskEntry entry)
        : this(queue, index, options, entry.Key, entry.Variant)
        => (Extends, Generation, SliceBytes, BodyLength) = (true, entry.Generation, entry.SliceBytes, entry.BodyLength);

    public UInt128 Key { get; }

    public ulong Variant { get; }

    /// <summary>The version, which its slices share. Set once, under the index's lock.</summary>
    public ulong Generation { get; set; }

    /// <summary>Whether it adds to an entry that is held.</summary>
    public bool Extends { get; }

    public int SliceBytes { get; }

    /// <summary>The whole body's length, where it is known before its end.</summary>
    public long? BodyLength { get; init; }

    /// <summary>Whether a removal has met it. Under the index's lock.</summary>
    public bool IsVoid
    {
        get => _void;
        set => _void = value;
    }

    /// <summary>Adds the body's next bytes; false once it has failed.</summary>
    public bool Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_failed)
        {
            if (_used == SliceBytes && !FlushSlice())
            {
                break;
            }

            var take = Math.Min(bytes.Length, SliceBytes - _used);
            if (!TryReserve(take))
            {
                break;
            }

            bytes[..take].CopyTo(_buffer.AsSpan(DiskRecord.HeaderBytes + _used));
            _used += take;
            _length += take;
            bytes = bytes[take..];
        }

        return !_failed;
    }

    /// <summary>Adds one whole slice of a body of known length, in any order; false once it has failed.</summary>
    public bool Write(int slice, ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(SliceBytes, (BodyLength ?? long.MaxValue) - ((long)slice * SliceBytes));
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, length);
        if (!TryReserve(bytes.Length))
        {
            return false;
        }

        bytes.CopyTo(_buffer.AsSpan(DiskRecord.HeaderBytes));
        _used = bytes.Length;
        return Post(new DiskRecord(RecordKind.Slice, Key, Variant, Generation) { SliceIndex = slice });
    }

    /// <summary>
    /// Ends what was appended and adds the head, after which the object is found, once it is written. Without a byte appended the body is
    /// <see cref="BodyLength"/> long, and its slices come by <see cref="Write"/>, before or after. On an entry that is held it replaces the head.
    /// </summary>
    public bool Commit(ReadOnlySpan<byte> head)
    {
        if (_length > 0 && BodyLength is { } expected && expected != _length)
        {
            Fail();
            return false;
        }

        var inline = _slices == 0 && _used > 0 && _used <= _options.InlineBytes;
        if (!inline && _used > 0 && !FlushSlice())
        {
            return false;
        }

        if (!TryReserve(head.Length))
        {
            return false;
        }

        head.CopyTo(_buffer.AsSpan(DiskRecord.HeaderBytes + _used));
        _used += head.Length;
        return Post(new DiskRecord(RecordKind.Head, Key, Variant, Generation)
        {
            HeadBytes = head.Length, BodyLength = _length > 0 ? _length : BodyLength ?? 0, SliceBytes = SliceBytes,
        });
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Fail();
            LetGo();
        }
    }

    /// <summary>One of its records is done, or the caller is.</summary>
    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
        {
            _index.End(this);
        }
    }

    private bool FlushSlice() => Post(new DiskRecord(RecordKind.Slice, Key, Variant, Generation) { SliceIndex = _slices++ });

    /// <summary>Makes room for more bytes behind those that are there.</summary>
    private bool TryReserve(int more)
    {
        if (_failed)
        {
            return false;
        }

        var needed = DiskRecord.BytesFor(_used + more);
        if (_buffer is not null && _buffer.Length >= needed)
        {
            return true;
        }

        var wanted = _buffer is null ? (int)Math.Min(SliceBytes, Math.Max(FirstBytes, BodyLength ?? 0)) : Math.Min(SliceBytes, 2 * _buffer.Length);
        if (_queue.TryRent(Math.Max(needed, DiskRecord.BytesFor(wanted))) is not { } larger)
        {
            Fail();
            return false;
        }

        if (_buffer is not null)
        {
            _buffer.AsSpan(0, DiskRecord.HeaderBytes + _used).CopyTo(larger);
            _queue.Return(_buffer);
        }

        _buffer = larger;
        return true;
    }

    private bool Post(DiskRecord record)
    {
        var payload = _buffer.AsSpan(DiskRecord.HeaderBytes, _used);
        record = record with { PayloadBytes = _used, PayloadSum = DiskRecord.Sum(payload) };
        _buffer.AsSpan(DiskRecord.HeaderBytes + _used, record.Bytes - DiskRecord.HeaderBytes - _used).Clear();
        Interlocked.Increment(ref _holds);
        if (_void || !_queue.TryPost(new DiskWork(this, record, _buffer, null)))
        {
            Interlocked.Decrement(ref _holds);
            Fail();
            return false;
        }

        (_buffer, _used) = (null, 0);
        return true;
    }

    private void Fail()
    {
        _failed = true;
        if (_buffer is not null)
        {
            _queue.Return(_buffer);
            _buffer = null;
        }
    }
}
