namespace Millrace.Delivery.Storage.Disk;

/// <summary>Whose notes a <see cref="DiskLedger"/> keeps.</summary>
internal interface IDiskNotes
{
    /// <summary>Takes in what an earlier process noted, in order; called once, before anything is written.</summary>
    void Restore(IEnumerable<byte[]> notes);

    /// <summary>All that is still worth knowing, in place of all notes so far. The writer's thread asks.</summary>
    IEnumerable<byte[]> Snapshot();
}
