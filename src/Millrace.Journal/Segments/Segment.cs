using Millrace.Journal.Facts.Codec;

namespace Millrace.Journal.Segments;

/// <summary>
/// A segment as its partition knows it. The partition's lock guards what changes: the end of the active one, and whether a sidecar has replaced
/// the index in memory.
/// </summary>
/// <param name="path">Its file.</param>
/// <param name="first">Its first offset.</param>
/// <param name="lastReceived">Of the fact before it, µs.</param>
/// <param name="spare">An empty index to be used; null for a new one.</param>
internal sealed class Segment(string path, long first, long lastReceived, OffsetIndex? spare = null)
{
    /// <summary>Points are this far apart: reading from any offset scans at most so many bytes beside the point.</summary>
    private const long PointEvery = 1 << 16;

    private OffsetIndex? _memory = spare ?? new();
    private SegmentIndex? _sidecar;
    private List<SegmentPoint>? _points = [];

    public string Path { get; } = path;

    public string Name => System.IO.Path.GetFileName(Path);

    public string IndexPath => System.IO.Path.ChangeExtension(Path, ".idx");

    public long First { get; } = first;

    public long End { get; private set; } = first;

    /// <summary>Up to where the file's frames are durable.</summary>
    public long Bytes { get; private set; } = SegmentHeader.Bytes;

    public long LastReceived { get; private set; } = lastReceived;

    public bool IsSealed { get; set; }

    /// <summary>An empty index with room for as many entries as this segment has.</summary>
    public OffsetIndex IndexLikeItsOwn() => new(_memory?.Count ?? 0);

    public bool NeedsSidecar => IsSealed && _memory is not null;

    public SegmentSummary Summary => new(First, End, LastReceived, Bytes);

    public static string NameOf(long first) => first.ToString("D20", System.Globalization.CultureInfo.InvariantCulture) + ".seg";

    /// <summary>Takes note of a fact that begins at a byte, in order.</summary>
    public void Note(long offset, long received, long at)
    {
        if (_points!.Count == 0 || at - _points[^1].At >= PointEvery)
        {
            _points.Add(new SegmentPoint(offset, received, at));
        }
    }

    public void NoteKey(ulong hash, long offset) => _memory!.Add(hash, offset);

    /// <summary>Takes note of a fact and its keys, from its bytes.</summary>
    public void NoteFact(long offset, long received, long at, ReadOnlySpan<byte> content)
    {
        Note(offset, received, at);
        var head = FactCodec.DecodeHead(content);
        NoteKey(FactKeys.Hash(head.Tenant, head.Id), offset);
        if (head.Decision is { } decision && decision != head.Id)
        {
            NoteKey(FactKeys.Hash(head.Tenant, decision), offset);
        }
    }

    public void Extend(long end, long bytes, long received) => (End, Bytes, LastReceived) = (end, bytes, received);

    /// <summary>The length of its sidecar, once it is sealed.</summary>
    public int SidecarBytes => SegmentIndex.BytesOf(_points!.Count, _memory!.Count);

    /// <summary>Lays out its sidecar.</summary>
    /// <param name="bytes">Of <see cref="SidecarBytes"/>.</param>
    public void BuildSidecar(Span<byte> bytes) =>
        SegmentIndex.Build(bytes, Summary, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_points), _memory!.Entries);

    /// <summary>Answers from a sidecar from now on.</summary>
    /// <returns>The index in memory that it replaces.</returns>
    public OffsetIndex UseSidecar(SegmentIndex sidecar)
    {
        var memory = _memory!;
        (_sidecar, _memory, _points) = (sidecar, null, null);
        Extend(sidecar.Summary.End, sidecar.Summary.Bytes, sidecar.Summary.LastReceived);
        IsSealed = true;
        return memory;
    }

    /// <summary>The last point at or before an offset.</summary>
    public SegmentPoint PointBefore(long offset) => Before(offset, static (point, value) => point.Offset <= value);

    /// <summary>The last point received before a time, or the first.</summary>
    public SegmentPoint PointBeforeTime(long received) => Before(received, static (point, value) => point.Received < value);

    /// <summary>Adds offsets from memory; false when the sidecar must be asked.</summary>
    public bool TryFindInMemory(ulong hash, List<long> into)
    {
        _memory?.Find(hash, into);
        return _memory is not null;
    }

    /// <summary>Asks the sidecar on disk; needs no lock.</summary>
    public void FindInSidecar(IJournalFiles files, ulong hash, List<long> into)
    {
        using var file = files.Open(IndexPath, writable: false);
        _sidecar!.Find(file, hash, into);
    }

    private SegmentPoint Before(long value, Func<SegmentPoint, long, bool> isBefore)
    {
        IReadOnlyList<SegmentPoint> points = _sidecar is { } sidecar ? sidecar.Points : _points!;
        var (low, high) = (0, points.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = isBefore(points[middle], value) ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? new SegmentPoint(First, long.MinValue, SegmentHeader.Bytes) : points[low - 1];
    }
}
