namespace Millrace.Journal;

/// <summary>The disk refused a read: nothing is known to be lost.</summary>
/// <param name="name">What was read.</param>
/// <param name="inner">What the system said.</param>
public sealed class JournalReadException(string name, Exception inner) : JournalException($"cannot read {name}: {inner.Message}", inner)
{
    /// <summary>Whether what was in the way (too many open files, too little memory, a signal) passes by itself, so that trying again can help.</summary>
    public bool IsTransient { get; } = inner is IOException && inner.HResult is Interrupted or TryAgain or NoMemory or SystemFiles or ProcessFiles;

    private const int Interrupted = 4, TryAgain = 11, NoMemory = 12, SystemFiles = 23, ProcessFiles = 24;
}
