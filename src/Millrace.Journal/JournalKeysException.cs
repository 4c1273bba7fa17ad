namespace Millrace.Journal;

/// <summary>The subject keys are not those of the journal: what it sealed would read as erased, and ids that sealed facts would be given again.</summary>
public sealed class JournalKeysException(string message) : JournalException(message);
