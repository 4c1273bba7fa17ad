using Millrace.Journal.Segments;

namespace Millrace.Tests.Journal;

/// <summary>What a disk keeps, at a power cut, of what nobody has synced.</summary>
public enum Unsynced
{
    /// <summary>No write and no change of a directory.</summary>
    Nothing,

    /// <summary>Everything, the write under way too.</summary>
    Everything,

    /// <summary>Everything but the second half of the write under way.</summary>
    HalfOfTheLastWrite,

    /// <summary>The lengths that files had, with zeros in them, and no change of a directory.</summary>
    Zeros,
}

/// <summary>The operating system's files, whose power goes at the n-th operation that changes something; from then on everything fails until the restart.</summary>
internal sealed class CutFiles(int cutAt, Unsynced keeps) : IJournalFiles
{
    private const int InputOutput = 5;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _synced = [];
    private readonly List<(string Directory, Action Undo)> _entries = [];
    private int _left = cutAt;

    /// <summary>How many operations there were.</summary>
    public int Operations { get; private set; }

    public bool HasPower
    {
        get
        {
            lock (_lock)
            {
                return _left > 0;
            }
        }
    }

    private bool KeepsHalf => keeps == Unsynced.HalfOfTheLastWrite;

    public IJournalFile Open(string path, bool writable)
    {
        lock (_lock)
        {
            if (writable && !File.Exists(path))
            {
                Step();
                _entries.Add((Path.GetDirectoryName(path)!, () => File.Delete(path)));
            }

            Check();
            return new CutFile(this, DiskFiles.Instance.Open(path, writable), path);
        }
    }

    public void Move(string from, string to)
    {
        lock (_lock)
        {
            Step();
            var before = File.Exists(to) ? File.ReadAllBytes(to) : null;
            var moved = File.ReadAllBytes(from);
            File.Move(from, to, overwrite: true);
            _entries.Add((Path.GetDirectoryName(to)!, () =>
            {
                File.WriteAllBytes(from, moved);
                Restore(to, before);
            }));
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            Step();
            if (File.Exists(path))
            {
                var before = File.ReadAllBytes(path);
                File.Delete(path);
                _entries.Add((Path.GetDirectoryName(path)!, () => Restore(path, before)));
            }
        }
    }

    public void CreateDirectory(string path)
    {
        lock (_lock)
        {
            Step();
            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path);
                _entries.Add((Path.GetDirectoryName(path)!, () => Directory.Delete(path, recursive: true)));
            }
        }
    }

    public void SyncDirectory(string path)
    {
        lock (_lock)
        {
            Step();
            _entries.RemoveAll(e => e.Directory == path);
        }
    }

    /// <summary>Leaves what the disk kept. No file of it may be open any more.</summary>
    public void Restart()
    {
        if (keeps is Unsynced.Nothing or Unsynced.Zeros)
        {
            foreach (var (path, synced) in _synced.Where(f => File.Exists(f.Key)))
            {
                var kept = synced;
                Array.Resize(ref kept, keeps == Unsynced.Zeros ? Math.Max(kept.Length, (int)new FileInfo(path).Length) : kept.Length);
                File.WriteAllBytes(path, kept);
            }

            foreach (var (_, undo) in _entries.AsEnumerable().Reverse())
            {
                undo();
            }
        }

        _synced.Clear();
        _entries.Clear();
        _left = int.MaxValue;
    }

    private static void Restore(string path, byte[]? content)
    {
        if (content is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllBytes(path, content);
        }
    }

    private void Check()
    {
        if (_left <= 0)
        {
            throw new IOException("the power is gone", InputOutput);
        }
    }

    private void Step()
    {
        Check();
        Count();
        Check();
    }

    private void Count()
    {
        _left--;
        Operations++;
    }

    private void Changes(string path)
    {
        if (!_synced.ContainsKey(path))
        {
            _synced.Add(path, File.ReadAllBytes(path));
        }
    }

    private sealed class CutFile(CutFiles disk, IJournalFile inner, string path) : IJournalFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> into, long at) => inner.Read(into, at);

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            lock (disk._lock)
            {
                disk.Check();
                disk.Changes(path);
                disk.Count();
                inner.Write(disk._left == 0 && disk.KeepsHalf ? bytes[..(bytes.Length / 2)] : bytes, at);
                disk.Check();
            }
        }

        public void Sync()
        {
            lock (disk._lock)
            {
                disk.Step();
                disk._synced.Remove(path);
            }
        }

        public void Truncate(long length)
        {
            lock (disk._lock)
            {
                disk.Check();
                disk.Changes(path);
                disk.Step();
                inner.Truncate(length);
            }
        }

        public void Dispose() => inner.Dispose();
    }
}
