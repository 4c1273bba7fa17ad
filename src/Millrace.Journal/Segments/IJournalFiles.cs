namespace Millrace.Journal.Segments;

/// <summary>The few file operations whose failure or loss the journal must survive; tests stand in a disk that fails on command.</summary>
internal interface IJournalFiles
{
    /// <summary>Opens a file; <paramref name="writable"/> creates it when it is not there.</summary>
    IJournalFile Open(string path, bool writable);

    /// <summary>Renames a file, in the place of what has that name.</summary>
    void Move(string from, string to);

    /// <summary>Deletes a file; none when there is none.</summary>
    void Delete(string path);

    /// <summary>Creates a directory whose parent is there; none when it is there.</summary>
    void CreateDirectory(string path);

    /// <summary>Makes creations, renames and deletions within a directory durable.</summary>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
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
