using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

/// <summary>The operating system's files, which fail on command.</summary>
internal sealed class FaultyFiles : IJournalFiles
{
    private const int NoSpace = 28;
    private const int InputOutput = 5;

    /// <summary>Whether syncs of segments fail.</summary>
    public bool SyncFails { get; set; }

    /// <summary>Whether writes to segments fail half-way for want of space.</summary>
    public bool Full { get; set; }

    /// <summary>Which segments' directories the faults befall, as <c>events/1</c>; null for all.</summary>
    public string? Only { get; set; }

    public IJournalFile Open(string path, bool writable) => new FaultyFile(this, DiskFiles.Instance.Open(path, writable), path);

    public void SyncDirectory(string path) => DiskFiles.Instance.SyncDirectory(path);

    private sealed class FaultyFile(FaultyFiles faults, IJournalFile inner, string path) : IJournalFile
    {
        private bool Befallen => path.EndsWith(".seg", StringComparison.Ordinal)
            && (faults.Only is not { } only || Path.GetDirectoryName(path)!.EndsWith(only, StringComparison.Ordinal));

        public long Length => inner.Length;

        public int Read(Span<byte> into, long at) => inner.Read(into, at);

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            if (faults.Full && Befallen)
            {
                inner.Write(bytes[..(bytes.Length / 2)], at);
                throw new IOException("No space left on device", NoSpace);
            }

            inner.Write(bytes, at);
        }

        public void Sync()
        {
            if (faults.SyncFails && Befallen)
            {
                throw new IOException("Input/output error", InputOutput);
            }

            inner.Sync();
        }

        public void Truncate(long length) => inner.Truncate(length);

        public void Dispose() => inner.Dispose();
    }
}
