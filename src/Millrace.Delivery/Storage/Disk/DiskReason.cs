namespace Millrace.Delivery.Storage.Disk;

/// <summary>Why the disk tier did less than it was asked for: one closed set for its counts.</summary>
internal enum DiskReason
{
    /// <summary>What waits to be written fills QueueBytes, so more was dropped.</summary>
    QueueFull,

    /// <summary>MaxFills objects are on their way to disk, so another was dropped.</summary>
    FillsFull,

    /// <summary>A head is larger than a record may be.</summary>
    HeadTooLarge,

    /// <summary>What was read and is not let go fills ReadBytes, so a read found nothing.</summary>
    ReadsFull,

    /// <summary>MaxIndexEntries was reached, so the oldest segment left early.</summary>
    IndexFull,

    /// <summary>MaxRemovals waited to be written, so everything was removed.</summary>
    RemovalsFull,

    /// <summary>More was asked for in a reclaimed segment than ReinsertShare writes anew.</summary>
    ReinsertFull,

    /// <summary>The disk had no room for a segment, so the oldest left early.</summary>
    NoSpace,

    /// <summary>A write failed, so for RetryAfter memory is all there is.</summary>
    WriteFailed,

    /// <summary>Removals could not be written, so everything was deleted: what cannot be unsaid is thrown away.</summary>
    RemovalsFailed,

    /// <summary>What the disk's content has to obey could not be noted, so everything was deleted.</summary>
    NotesFailed,

    /// <summary>The notes of what the disk's content has to obey are not there or damaged, so everything was deleted.</summary>
    NotesLost,

    /// <summary>A read failed.</summary>
    ReadFailed,

    /// <summary>What was read is not what was written.</summary>
    Damaged,

    /// <summary>A segment ends in something that is no record: its last write was torn, or it was damaged. What follows is forgotten.</summary>
    Torn,

    /// <summary>A segment's own header is damaged or another's, and the file was deleted.</summary>
    SegmentDamaged,

    /// <summary>Damage took removals with it, so everything older than they was forgotten.</summary>
    RemovalsLost,

    /// <summary>The folder was another version's and was set aside.</summary>
    SetAside,
}
