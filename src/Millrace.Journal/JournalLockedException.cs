namespace Millrace.Journal;

/// <summary>Another process has the journal's directory open.</summary>
public sealed class JournalLockedException(string directory, Exception inner)
    : JournalException($"the journal in {directory} is open in another process; stop it, or open the directory read-only", inner);
