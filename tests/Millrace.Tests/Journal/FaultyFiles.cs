using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

/// <summary>What is asked of a disk.</summary>
internal enum DiskOperation
{
    Open,
    Read,
    Write,
    Sync,
    Truncate,
    Move,
    Delete,
    SyncDirectory,
}

/// <summary>The operating system's files, which fail on command.</summary>
internal sealed class FaultyFiles : IJournalFiles
{
    public const int NoSpace = 28;
    public const int InputOutput = 5;
    public const int TooManyOpenFiles = 24;

    /// <summary>Whether syncs of segments fail.</summary>
    public bool SyncFails { get; set; }

    /// <summary>Whether writes to segments fail half-way for want of space.</summary>
    public bool Full { get; set; }

    /// <summary>Which segments' directories the faults befall, as <c>events/1</c>; null for all.</summary>
    public string? Only { get; set; }

    /// <summary>The errno with which an operation on a path fails; null or 0 for none.</summary>
    public Func<DiskOperation, string, int>? Fault { get; set; }

    public static int On(bool fails, int error = InputOutput) => fails ? error : 0;

    public IJournalFile Open(string path, bool writable)
    {
        Check(writable ? DiskOperation.Open : DiskOperation.Read, path);
        return new FaultyFile(this, DiskFiles.Instance.Open(path, writable), path);
    }

    public void Move(string from, string to)
    {
        Check(DiskOperation.Move, to);
        DiskFiles.Instance.Move(from, to);
    }

    public void Delete(string path)
    {
        Check(DiskOperation.Delete, path);
        DiskFiles.Instance.Delete(path);
    }

    public void CreateDirectory(string path) => DiskFiles.Instance.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
        Check(DiskOperation.SyncDirectory, path);
        DiskFiles.Instance.SyncDirectory(path);
    }

    private void Check(DiskOperation operation, string path)
    {
        if (Fault?.Invoke(operation, path) is { } error and not 0)
        {
            throw new IOException($"{operation} of {Path.GetFileName(path)} failed: errno {error}", error);
        }
    }

    private sealed class FaultyFile(FaultyFiles faults, IJournalFile inner, string path) : IJournalFile
    {
        private bool Befallen => path.EndsWith(".seg", StringComparison.Ordinal)
            && (faults.Only is not { } only || Path.GetDirectoryName(path)!.EndsWith(only, StringComparison.Ordinal));

        public long Length => inner.Length;

        public int Read(Span<byte> into, long at)
        {
            faults.Check(DiskOperation.Read, path);
            return inner.Read(into, at);
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            if (faults.Full && Befallen)
            {
                inner.Write(bytes[..(bytes.Length / 2)], at);
                throw new IOException("No space left on device", NoSpace);
            }

            faults.Check(DiskOperation.Write, path);
            inner.Write(bytes, at);
        }

        public void Sync()
        {
            if (faults.SyncFails && Befallen)
            {
                throw new IOException("Input/output error", InputOutput);
            }

            faults.Check(DiskOperation.Sync, path);
            inner.Sync();
        }

        public void Truncate(long length)
        {
            faults.Check(DiskOperation.Truncate, path);
            inner.Truncate(length);
        }

        public void Dispose() => inner.Dispose();
    }
}
