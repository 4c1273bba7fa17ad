namespace Millrace.Delivery.Storage.Disk;

/// <summary>The few file operations whose failure the disk tier must survive; tests stand in a disk that fails on command.</summary>
internal interface IDiskFiles
{
    /// <summary>Takes a folder's lock for this process until disposed or dead.</summary>
    /// <exception cref="IOException">Another has it, or it cannot be created.</exception>
    IDisposable Lock(string path);

    /// <summary>The names in a directory; none when it is not there.</summary>
    IReadOnlyList<string> List(string directory);

    void CreateDirectory(string path);

    /// <summary>Creates a file with room for <paramref name="room"/> bytes, so that writes within it do not find the disk full where the file system can promise that.</summary>
    IDiskFile Create(string path, long room);

    /// <summary>Opens a file that is there.</summary>
    IDiskFile Open(string path);

    /// <summary>Deletes a file or a directory with all that is in it; nothing when it is not there.</summary>
    void Delete(string path);

    void Move(string from, string to);

    /// <summary>Gives a file another's name; who reads by that name finds the one or the other, never less.</summary>
    void Replace(string from, string to);

    /// <summary>Makes creations, renames and deletions within a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file. Positions are bytes from its beginning.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <returns>How many bytes were read; fewer than asked only at the end.</returns>
    ValueTask<int> ReadAsync(Memory<byte> into, long at, CancellationToken cancellationToken);

    /// <summary>Writes the parts one after another.</summary>
    ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, long at);

    /// <summary>Returns once data and length survive a power cut.</summary>
    void Sync();

    void Truncate(long length);
}
