using Microsoft.Win32.SafeHandles;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>The files of the operating system.</summary>
internal sealed class LocalDiskFiles : IDiskFiles
{
    public static LocalDiskFiles Instance { get; } = new();

    // On Unix the runtime takes an flock, which dies with the process.
    public IDisposable Lock(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    public IReadOnlyList<string> List(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFileSystemEntries(directory).Select(static path => Path.GetFileName(path))] : [];

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public IDiskFile Create(string path, long room) =>
        new LocalFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous, room));

    public IDiskFile Open(string path) =>
        new LocalFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous));

    public void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    public void Move(string from, string to) => Directory.Move(from, to);

    public void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncDirectory(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            // NTFS journals its metadata; elsewhere a directory is a file that can be synced.
            using var handle = PosixDirectory.Open(path);
            RandomAccess.FlushToDisk(handle);
        }
    }

    private sealed class LocalFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public async ValueTask<int> ReadAsync(Memory<byte> into, long at, CancellationToken cancellationToken)
        {
            var read = 0;
            while (read < into.Length && await RandomAccess.ReadAsync(handle, into[read..], at + read, cancellationToken) is var more and > 0)
            {
                read += more;
            }

            return read;
        }

        public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, long at) => RandomAccess.WriteAsync(handle, parts, at);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Dispose() => handle.Dispose();
    }
}
