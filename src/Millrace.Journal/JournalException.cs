namespace Millrace.Journal;

/// <summary>Something the journal could not do; the heirs say what, and whether trying again can help.</summary>
public abstract class JournalException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A bound was hit (queued bytes, disk space): nothing of the append was written; try again later.</summary>
/// <param name="bound">The name of the bound, as in configuration.</param>
/// <param name="message">What is full, with figures.</param>
public sealed class JournalFullException(string bound, string message) : JournalException(message)
{
    public string Bound { get; } = bound;
}

/// <summary>The disk failed an append or an fsync; the segment is sealed and the appends in flight are <em>not</em> acknowledged.</summary>
public sealed class JournalFaultException(string message, Exception? inner = null) : JournalException(message, inner);

/// <summary>A batch is durable in part: its partitions commit each by itself, and some of them refused their facts.</summary>
/// <param name="positions">Index for index: where a fact is durable; null where it is not acknowledged.</param>
/// <param name="reason">Why the rest is not: what a batch of the rest alone would have thrown.</param>
public sealed class JournalPartialException(IReadOnlyList<Position?> positions, Exception reason)
    : JournalException($"{positions.Count(p => p is not null)} of {positions.Count} facts are durable; the rest is not: {reason.Message}", reason)
{
    public IReadOnlyList<Position?> Positions { get; } = positions;

    /// <summary>Why the rest is not durable.</summary>
    public Exception Reason { get; } = reason;
}

/// <summary>A stored record is damaged below the durable mark: data that was acknowledged cannot be read back.</summary>
public sealed class JournalCorruptException(string segment, long offset, string message) : JournalException(message)
{
    /// <summary>The segment's file name.</summary>
    public string Segment { get; } = segment;

    /// <summary>The first fact offset that cannot be read.</summary>
    public long Offset { get; } = offset;
}
