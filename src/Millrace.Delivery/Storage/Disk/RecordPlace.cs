namespace Millrace.Delivery.Storage.Disk;

/// <summary>Where a record lies; segment 0 is nowhere.</summary>
internal readonly record struct RecordPlace(uint Segment, uint Offset, int Bytes)
{
    public bool IsNowhere => Segment == 0;
}
