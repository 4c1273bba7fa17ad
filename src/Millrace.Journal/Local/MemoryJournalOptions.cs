namespace Millrace.Journal.Local;

/// <summary>The bounds of a <see cref="MemoryJournal"/>.</summary>
public sealed record MemoryJournalOptions
{
    /// <summary>Partitions of every stream but control, which has one. DESIGN §9: two by default, even on one node.</summary>
    public int Partitions { get; init; } = 2;

    /// <summary>At most so many facts in all; one more throws <see cref="JournalFullException"/> with bound <c>maxFacts</c>. About 300 bytes each.</summary>
    public int MaxFacts { get; init; } = 8_000_000;

    /// <summary>
    /// Retention: when set, each partition but control's keeps at least its newest so many facts and forgets older ones, up to a quarter more at
    /// times. Null keeps all.
    /// </summary>
    public int? KeepFacts { get; init; }
}
