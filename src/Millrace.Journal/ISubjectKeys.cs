namespace Millrace.Journal;

/// <summary>
/// The keys that seal what concerns a person: one of 32 bytes per tenant and subject, kept outside the journal, so that destroying it erases the
/// person from every segment and copy at once. Thread-safe.
/// </summary>
public interface ISubjectKeys : IDisposable
{
    /// <summary>How many keys were destroyed since this was opened; it grows before a destruction is acknowledged, so that caches notice.</summary>
    long Destructions { get; }

    /// <summary>The id of the subject's key, created when there is none. Ids are positive and never come back.</summary>
    /// <exception cref="JournalFullException">The bound on subjects (<c>maxSubjects</c>) is hit.</exception>
    long IdOf(string tenant, string subject);

    /// <summary>Copies the key into <paramref name="secret"/>.</summary>
    /// <returns>False when the key is destroyed, lost, or was never here.</returns>
    bool TryRead(long id, Span<byte> secret);

    /// <summary>Returns once the key survives a power cut; a fact sealed with it may be acknowledged only then. Blocks on the disk.</summary>
    /// <exception cref="JournalFaultException">The disk refused.</exception>
    void MakeDurable(long id);

    /// <summary>Destroys the subject's key, durably; what it sealed can never be read again. A later fact gets a new key.</summary>
    /// <returns>False when the subject had none.</returns>
    bool Destroy(string tenant, string subject);
}
