namespace Millrace.Journal.Segments;

/// <summary>The few file operations whose failure or loss the journal must survive; tests stand in a disk that fails on command.</summary>
internal interface IJournalFiles
{
    /// <summary>Opens a file; <paramref name="writable"/> creates it when it is not there.</summary>
    IJournalFile Open(string path, bool writable);

    /// <summary>Makes creations, renames and deletions within a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file. Positions are bytes from its beginning.</summary>
internal interface IJournalFile : IDisposable
{
    long Length { get; }

    /// <returns>How many bytes were read; fewer than asked only at the end.</returns>
    int Read(Span<byte> into, long at);

    void Write(ReadOnlySpan<byte> bytes, long at);

    /// <summary>Returns once data and length survive a power cut.</summary>
    void Sync();

    void Truncate(long length);
}
