using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Journal.Segments;

/// <summary>The files of the operating system.</summary>
internal sealed partial class DiskFiles : IJournalFiles
{
    private const int ReadOnlyFlag = 0;
    private const int Retries = 100;
    private const int Interrupted = 4;
    private const int Forbidden = 13;

    public static DiskFiles Instance { get; } = new();

    public IJournalFile Open(string path, bool writable) => new DiskFile(
        writable
            ? File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    public void Move(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals its metadata; a directory cannot be flushed there.
        }

        var descriptor = OpenNative(path, ReadOnlyFlag);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw error == Forbidden
                ? new UnauthorizedAccessException($"cannot open directory {path}: it may not be listed")
                : new IOException($"cannot open directory {path}: errno {error}", error);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Check(() => FsyncNative(handle), $"cannot sync directory {path}");
    }

    /// <summary>Makes a call that returns 0 on success, again while signals interrupt it, but not for ever.</summary>
    internal static void Check(Func<int> call, string what)
    {
        for (var i = 0; i < Retries; i++)
        {
            if (call() == 0)
            {
                return;
            }

            if (Marshal.GetLastPInvokeError() is var error && error != Interrupted)
            {
                throw new IOException($"{what}: errno {error}", error);
            }
        }

        throw new IOException($"{what}: interrupted {Retries} times", Interrupted);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncNative(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FdatasyncNative(SafeFileHandle file);

    private sealed class DiskFile(SafeFileHandle handle) : IJournalFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> into, long at)
        {
            var read = 0;
            while (read < into.Length && RandomAccess.Read(handle, into[read..], at + read) is var more and > 0)
            {
                read += more;
            }

            return read;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(handle, bytes, at);

        public void Sync()
        {
            // fdatasync writes the length too when it grew; it spares the journal commit when only the time of change did.
            if (OperatingSystem.IsLinux())
            {
                Check(() => FdatasyncNative(handle), "cannot sync a segment");
            }
            else
            {
                RandomAccess.FlushToDisk(handle);
            }
        }

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Dispose() => handle.Dispose();
    }
}
