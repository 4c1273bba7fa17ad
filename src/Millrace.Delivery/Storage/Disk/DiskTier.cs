using System.IO.Hashing;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Objects on disk, behind those in memory: a log of segment files with an index in memory (decision 0013). It knows nothing of HTTP: a head is
/// bytes. What is read has been checked, or reads as absent. Nothing that is offered waits for the disk; it is dropped when too much waits already.
/// </summary>
internal sealed class DiskTier : IAsyncDisposable
{
    /// <summary>Segments are numbered within 28 bits, and a start's generations begin at its first segment's number.</summary>
    public const uint MostSegmentIds = 1 << 28;

    private const int GenerationBits = 36;

    private readonly DiskOptions _options;
    private readonly DiskFolder _folder;
    private readonly DiskCounts _counts;
    private readonly DiskIndex _index;
    private readonly DiskQueue _queue;
    private readonly DiskReader _reader;
    private readonly DiskRebuild _rebuild;
    private readonly SegmentLog _log;
    private readonly DiskWriter _writer;
    private readonly DiskLedger _ledger;
    private readonly DiskMeters _meters;
    private Task _running = Task.CompletedTask;

    private DiskTier(DiskOptions options, IDiskFiles files, DiskFolder folder, DiskLedger ledger, DiskCounts counts, TimeProvider time, Func<ulong> nonce)
    {
        (_options, _folder, _ledger, _counts) = (options, folder, ledger, counts);
        DiskBuffers buffers = new(options);
        _index = new DiskIndex(options, counts, (ulong)folder.FirstNewId << GenerationBits);
        _queue = new DiskQueue(options, buffers, counts);
        _reader = new DiskReader(_index, _queue, buffers, counts, options);
        _log = new SegmentLog(options, files, folder, _index, counts, nonce);
        _rebuild = new DiskRebuild(files, folder, _log, _index, counts);
        SegmentReclaim reclaim = new(options, _log, _index, buffers, counts);
        DiskRoom room = new(folder, _log, reclaim, _index, counts);
        _writer = new DiskWriter(options, ledger, _log, room, _rebuild, _index, _queue, counts, time);
        _meters = new DiskMeters(() => Stats);
    }

    /// <summary>Takes the folder, and begins to read what is in it: until that is done, lookups miss.</summary>
    /// <param name="options">The bounds.</param>
    /// <param name="files">The disk.</param>
    /// <param name="time">For the pause after a failed write.</param>
    /// <param name="nonce">Random numbers that nobody outside can guess.</param>
    /// <param name="notes">What the content has to obey (<see cref="Note"/>), or null for nothing; given what an earlier process noted before this returns.</param>
    /// <exception cref="ArgumentException">A bound makes no sense.</exception>
    /// <exception cref="IOException">Another process has the folder, or it cannot be used.</exception>
    public static async ValueTask<DiskTier> OpenAsync(DiskOptions options, IDiskFiles files, TimeProvider time, Func<ulong> nonce, IDiskNotes? notes = null)
    {
        options.Validate();
        DiskCounts counts = new();
        var folder = await DiskFolder.OpenAsync(options.Folder, files, counts, nonce);
        try
        {
            DiskLedger ledger = new(files, folder, nonce, notes);
            if (!await ledger.TryRestoreAsync() && folder.Found.Count > 0)
            {
                // Nobody knows what it should have obeyed.
                counts.Hit(DiskReason.NotesLost);
                folder.DeleteFound();
            }

            DiskTier tier = new(options, files, folder, ledger, counts, time, nonce);
            tier._running = tier._writer.RunAsync();
            return tier;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Whether the files have been read.</summary>
    public bool IsReady => _index.IsReady;

    public DiskStats Stats
    {
        get
        {
            var (entries, slices, indexBytes) = _index.Size;
            return new DiskStats(
                entries, slices, _log.Bytes, indexBytes, _queue.Bytes, _reader.Bytes, _rebuild.Progress, _writer.IsOn,
                _counts.WrittenBytes, _counts.ReinsertedBytes, _counts.ReadBytes, _counts.ByReason);
        }
    }

    /// <summary>The hash under which an object is found. Two keys may share one, so whoever reads a head compares the key in it.</summary>
    public UInt128 KeyOf(ReadOnlySpan<byte> key) => XxHash128.HashToUInt128(key, _folder.Seed);

    /// <summary>The key's variants that are held, newest first, as many as there is room for. No disk is touched.</summary>
    public int Find(UInt128 key, Span<DiskEntry> variants) => _index.Find(key, variants);

    /// <summary>Bytes on disk of an entry, with its slices.</summary>
    public long BytesOf(in DiskEntry entry) => _index.BytesOf(entry);

    /// <summary>The entry's head, or null when it has gone, is damaged or cannot be read now.</summary>
    public ValueTask<DiskHead?> ReadHeadAsync(in DiskEntry entry, CancellationToken cancellationToken) => _reader.ReadHeadAsync(entry, cancellationToken);

    /// <summary>One slice of the entry's body, or null when it has gone, is damaged or cannot be read now.</summary>
    public ValueTask<PooledBuffer?> ReadSliceAsync(in DiskEntry entry, int slice, CancellationToken cancellationToken) =>
        _reader.ReadSliceAsync(entry, slice, cancellationToken);

    /// <summary>Begins a new version of an object; null when the disk fails or too much is under way.</summary>
    /// <param name="key">From <see cref="KeyOf"/>.</param>
    /// <param name="variant">Tells the key's variants apart.</param>
    /// <param name="bodyLength">The body's length, if known.</param>
    public DiskFill? TryBegin(UInt128 key, ulong variant, long? bodyLength) =>
        TryBegin(new DiskFill(_queue, _index, _options, key, variant) { BodyLength = bodyLength });

    /// <summary>Begins to add slices, or a new head, to an entry whose body is not inline; null when it has gone, the disk fails or too much is under way.</summary>
    public DiskFill? TryExtend(in DiskEntry entry) => entry.IsInline ? null : TryBegin(new DiskFill(_queue, _index, _options, entry));

    /// <summary>Removes all variants of a key, at once for lookups, and soon for good (<see cref="FlushAsync"/>).</summary>
    public void Remove(UInt128 key)
    {
        _index.Remove(key);
        _queue.Wake();
    }

    /// <summary>Removes one version of an object, and older ones.</summary>
    public void Remove(in DiskEntry entry)
    {
        _index.Remove(entry);
        _queue.Wake();
    }

    /// <summary>Removes the entries that <paramref name="dooms"/> picks; returns how many. It must be quick: lookups wait.</summary>
    public int RemoveWhere(Func<DiskEntry, bool> dooms)
    {
        var removed = _index.RemoveWhere(dooms);
        _queue.Wake();
        return removed;
    }

    public void RemoveAll()
    {
        _index.RemoveAll();
        _queue.Wake();
    }

    /// <summary>Keeps a note of what the content has to obey, for the next start; soon for good (<see cref="FlushAsync"/>).</summary>
    public void Note(byte[] note)
    {
        _ledger.Add(note);
        _queue.Wake();
    }

    /// <summary>Returns when all removals and notes so far survive a power cut, and all that was offered so far has been written or dropped.</summary>
    /// <exception cref="IOException">They can be neither written nor made good by deleting everything.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _queue.FlushAsync(cancellationToken);

    /// <summary>Recounts everything; returns what does not add up. For tests after a soak.</summary>
    public IReadOnlyList<string> CheckIntegrity() => _index.CheckIntegrity();

    /// <summary>Writes what waits, and lets the folder go.</summary>
    public async ValueTask DisposeAsync()
    {
        _meters.Dispose();
        _queue.Complete();
        try
        {
            await _running;
        }
        finally
        {
            _folder.Dispose();
        }
    }

    private DiskFill? TryBegin(DiskFill fill) => _writer.IsOn && _index.TryBegin(fill) ? fill : null;
}
