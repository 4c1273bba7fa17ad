namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// Walks a segment's records by their headers, from each to the next. It never searches for a record behind something that is none: a body may hold
/// bytes that look like a record.
/// </summary>
internal sealed class SegmentScan(IDiskFile file, SegmentHeader header, long length)
{
    private const int FirstWindow = 4 << 10;
    private const int LastWindow = 256 << 10;

    private byte[] _window = new byte[FirstWindow];
    private int _windowed;
    private int _windowBytes = FirstWindow;
    private long _windowAt;

    public DiskRecord Record { get; private set; }

    public RecordPlace Place { get; private set; }

    /// <summary>Where the last whole record ends.</summary>
    public long End { get; private set; } = SegmentHeader.Bytes;

    /// <summary>Whether the walk has met something that is no record before the length.</summary>
    public bool IsTorn { get; private set; }

    public async ValueTask<bool> MoveNextAsync()
    {
        if (End + DiskRecord.HeaderBytes > length)
        {
            IsTorn = End < length;
            return false;
        }

        if (End < _windowAt || End + DiskRecord.HeaderBytes > _windowAt + _windowed)
        {
            // Records one behind another are worth a large window; records that are larger than it are not.
            _windowBytes = End <= _windowAt + _windowed ? Math.Min(LastWindow, _windowBytes * 2) : FirstWindow;
            _window = _window.Length < _windowBytes ? new byte[_windowBytes] : _window;
            _windowAt = End;
            _windowed = await file.ReadAsync(_window.AsMemory(0, _windowBytes), End, CancellationToken.None);
        }

        return TryTake();
    }

    private bool TryTake()
    {
        var at = (int)(End - _windowAt);
        if (!DiskRecord.TryRead(_window.AsSpan(at, Math.Max(0, _windowed - at)), header.SeedAt(End), out var record) || End + record.Bytes > length)
        {
            IsTorn = true;
            return false;
        }

        Record = record;
        Place = new RecordPlace(header.Id, (uint)End, record.Bytes);
        End += record.Bytes;
        return true;
    }
}
