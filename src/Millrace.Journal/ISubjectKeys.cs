namespace Millrace.Journal;

/// <summary>
/// The keys that seal what concerns a person: one of 32 bytes per tenant and subject, kept outside the journal, so that destroying it erases the
/// person from every segment and copy at once. Thread-safe.
/// </summary>
public interface ISubjectKeys : IDisposable
{
    /// <summary>Copies the subject's key into <paramref name="secret"/>, of 32 bytes; creates it when there is none.</summary>
    /// <returns>Its id. Ids are positive and never come back.</returns>
    /// <exception cref="JournalFullException">The bound on subjects (<c>maxSubjects</c>) is hit.</exception>
    long Read(string tenant, string subject, Span<byte> secret);

    /// <summary>Copies a key into <paramref name="secret"/>, of 32 bytes.</summary>
    /// <returns>False when the key is destroyed, lost, or was never here.</returns>
    bool TryRead(long id, Span<byte> secret);

    /// <summary>Returns once the key survives a power cut; a fact sealed with it may be acknowledged only then. Blocks on the disk.</summary>
    /// <exception cref="JournalFaultException">The disk refused.</exception>
    void MakeDurable(long id);

    /// <summary>Destroys the subject's key, durably; what it sealed can never be read again. A later fact gets a new key.</summary>
    /// <returns>False when the subject had none.</returns>
    bool Destroy(string tenant, string subject);
}
