namespace Millrace.Delivery.Storage.Disk;

/// <summary>The tier's numbers.</summary>
/// <param name="Entries">Objects held.</param>
/// <param name="Slices">Slices held.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="IndexBytes">Memory of the index.</param>
/// <param name="QueueBytes">Memory of what waits to be written.</param>
/// <param name="ReadBytes">Memory of what was read and is not let go.</param>
/// <param name="RebuildProgress">How much of the files has been read since the start, 0 to 1.</param>
/// <param name="IsOn">Whether writes are taken.</param>
/// <param name="Written">Bytes written, reinsertions among them.</param>
/// <param name="Reinserted">Bytes written anew when their segment was reclaimed.</param>
/// <param name="Read">Bytes read by callers.</param>
/// <param name="ByReason">How often each thing happened.</param>
internal sealed record DiskStats(
    int Entries, int Slices, long Bytes, long IndexBytes, long QueueBytes, long ReadBytes, double RebuildProgress, bool IsOn,
    long Written, long Reinserted, long Read, IReadOnlyDictionary<DiskReason, long> ByReason);
