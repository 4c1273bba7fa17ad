namespace Millrace.Delivery.Storage.Disk;

/// <summary>The open segments by number, each with how many records the index points to in it. Not safe for concurrent use: <see cref="DiskIndex"/> holds the lock.</summary>
internal sealed class SegmentTable
{
    private readonly Dictionary<uint, Segment> _segments = [];

    public IReadOnlyDictionary<uint, Segment> All => _segments;

    public void Add(Segment segment) => _segments.Add(segment.Id, segment);

    public void Remove(Segment segment) => _segments.Remove(segment.Id);

    /// <summary>Whether the index points to anything in a segment.</summary>
    public bool IsLive(uint id) => _segments[id].Live > 0;

    /// <summary>The segment of a place, leased.</summary>
    public Segment Lease(in RecordPlace place)
    {
        var segment = _segments[place.Segment];
        segment.Lease();
        return segment;
    }

    /// <summary>Counts that the index points to one place in another's stead; either may be nowhere.</summary>
    public void Repoint(in RecordPlace from, in RecordPlace to)
    {
        if (!from.IsNowhere)
        {
            _segments[from.Segment].Live--;
        }

        if (!to.IsNowhere)
        {
            _segments[to.Segment].Live++;
        }
    }
}
