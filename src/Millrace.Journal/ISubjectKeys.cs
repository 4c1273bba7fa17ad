namespace Millrace.Journal;

/// <summary>
/// The keys that seal what concerns a person: one of 32 bytes per tenant and subject, kept outside the journal, so that destroying it erases the
/// person from every segment and copy at once. Thread-safe.
/// </summary>
public interface ISubjectKeys : IDisposable
{
    /// <summary>What names this set of keys, so that a journal knows its own; empty when the set has no name.</summary>
    Guid Set { get; }

    /// <summary>The newest id that is durable; a set that says less than before is an older copy.</summary>
    long Newest { get; }

    /// <summary>Copies the subject's key into <paramref name="secret"/>, of 32 bytes; creates it when there is none.</summary>
    /// <returns>Its id. Ids are positive; one that sealed a fact never comes back.</returns>
    /// <exception cref="JournalFullException">The bound on subjects (<c>maxSubjects</c>) is hit.</exception>
    long Read(string tenant, string subject, Span<byte> secret);

    /// <summary>The id of the subject's key; 0 when there is none, and none is created.</summary>
    long Find(string tenant, string subject);

    /// <summary>Says that what one <see cref="Read"/> was for did not happen: a key that nothing else was sealed with need not be kept.</summary>
    void Abandon(long id);

    /// <summary>Copies a key into <paramref name="secret"/>, of 32 bytes.</summary>
    /// <returns>False when the key is destroyed, lost, or was never here.</returns>
    bool TryRead(long id, Span<byte> secret);

    /// <summary>Returns once the key survives a power cut; a fact sealed with it may be acknowledged only then. Blocks on the disk.</summary>
    /// <exception cref="JournalFullException">The disk is full.</exception>
    /// <exception cref="JournalFaultException">The disk refused.</exception>
    void MakeDurable(long id);

    /// <summary>Destroys the subject's key, durably; what it sealed can never be read again. A later fact gets a new key.</summary>
    /// <returns>False when the subject had none.</returns>
    /// <exception cref="JournalException">The disk refused: the key is out of use, but may be back after a restart. Trying again goes on with it.</exception>
    bool Destroy(string tenant, string subject);

    /// <summary>
    /// Begins a round of use: a look for keys that no fact needs (<see cref="BeginSweep"/>) spares what was used since, whose facts may not be stored yet.
    /// </summary>
    /// <returns>False when so few keys are held that a look is not worth its reading.</returns>
    bool BeginRound();

    /// <summary>Begins to look for keys that no stored fact needs.</summary>
    ISubjectKeySweep BeginSweep();
}
