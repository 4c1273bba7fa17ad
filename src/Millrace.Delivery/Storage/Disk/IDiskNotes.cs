namespace Millrace.Delivery.Storage.Disk;

/// <summary>Whose notes a <see cref="DiskLedger"/> keeps.</summary>
internal interface IDiskNotes
{
    /// <summary>Takes in what an earlier process noted, in order; called once, before anything is written.</summary>
    /// <exception cref="IOException">They cannot be understood, and nothing of them was taken in.</exception>
    void Restore(IReadOnlyCollection<byte[]> notes);

    /// <summary>All that is still worth knowing, in place of all notes so far. The writer's thread asks.</summary>
    IEnumerable<byte[]> Snapshot();
}
