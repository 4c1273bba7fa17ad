using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>What is asked of a disk.</summary>
internal enum DiskOperation
{
    Create,
    Open,
    Read,
    Write,
    Sync,
    Truncate,
    Delete,
    SyncDirectory,
    Replace,
}

/// <summary>A disk in memory that fails on command, fills up, and forgets what was not synced when its power is cut.</summary>
internal sealed class FaultyDisk : IDiskFiles
{
    private const int PageBytes = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Content> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Content> _durableNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);

    /// <summary>Whether an operation on a path fails. A write that fails has written half.</summary>
    public Func<DiskOperation, string, bool>? Fault { get; set; }

    /// <summary>Bytes that fit; a file takes the room that it asked for at its creation.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    public int Syncs { get; private set; }

    /// <summary>Whole files by path, to be damaged.</summary>
    public Dictionary<string, byte[]> Bytes
    {
        get
        {
            lock (_gate)
            {
                return _files.ToDictionary(static pair => pair.Key, static pair => pair.Value.Data[..(int)pair.Value.Length], StringComparer.Ordinal);
            }
        }
    }

    /// <summary>A disk with these files, all durable.</summary>
    public static FaultyDisk With(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        FaultyDisk disk = new();
        foreach (var (path, bytes) in files)
        {
            disk._files[path] = disk._durableNames[path] = new Content(bytes);
        }

        return disk;
    }

    /// <summary>Changes a file under whoever has it open.</summary>
    public void Damage(string path, Func<byte[], byte[]> damage)
    {
        lock (_gate)
        {
            var content = _files[path];
            content.Data = damage(content.Data[..(int)content.Length]);
            content.Length = content.Data.Length;
        }
    }

    /// <summary>What the disk holds after a power cut: of what was not synced any page, any length and any name may be there or not.</summary>
    public FaultyDisk AfterPowerCut(Func<int, int> below)
    {
        lock (_gate)
        {
            Dictionary<string, byte[]> left = new(StringComparer.Ordinal);
            foreach (var (path, content) in _durableNames.Concat(_files.Where(file => !_durableNames.ContainsKey(file.Key) && below(2) == 0)))
            {
                if (_files.TryGetValue(path, out var now) || below(2) == 0)
                {
                    left[path] = (now is null || below(2) == 0 ? content : now).Left(below);
                }
            }

            return With(left);
        }
    }

    public IDisposable Lock(string path)
    {
        lock (_gate)
        {
            return _locked.Add(path) ? new Release(() => _locked.Remove(path)) : throw new IOException("locked");
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        lock (_gate)
        {
            return [.. _files.Keys.Where(path => path.StartsWith(directory + "/", StringComparison.Ordinal)).Select(path => path[(directory.Length + 1)..].Split('/')[0]).Distinct()];
        }
    }

    public void CreateDirectory(string path)
    {
    }

    public IDiskFile Create(string path, long room)
    {
        Check(DiskOperation.Create, path);
        lock (_gate)
        {
            if (_files.Values.Sum(static file => file.Length) + room > Capacity)
            {
                throw new IOException("No space left on device", 28);
            }

            Content content = new(new byte[room]);
            _files[path] = content;
            return new OpenFile(this, content, path);
        }
    }

    public IDiskFile Open(string path)
    {
        Check(DiskOperation.Open, path);
        lock (_gate)
        {
            return _files.TryGetValue(path, out var content) ? new OpenFile(this, content, path) : throw new FileNotFoundException(null, path);
        }
    }

    public void Delete(string path)
    {
        Check(DiskOperation.Delete, path);
        lock (_gate)
        {
            foreach (var name in _files.Keys.Where(name => name == path || name.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            {
                _files.Remove(name);
            }
        }
    }

    public void Move(string from, string to)
    {
        lock (_gate)
        {
            foreach (var name in _files.Keys.Where(name => name == from || name.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
            {
                _files.Remove(name, out var content);
                _files[to + name[from.Length..]] = content!;
            }
        }
    }

    public void Replace(string from, string to)
    {
        Check(DiskOperation.Replace, to);
        lock (_gate)
        {
            _files.Remove(from, out var content);
            _files[to] = content!;
        }
    }

    public void SyncDirectory(string path)
    {
        Check(DiskOperation.SyncDirectory, path);
        lock (_gate)
        {
            foreach (var name in _durableNames.Keys.Where(name => name.StartsWith(path + "/", StringComparison.Ordinal) && !_files.ContainsKey(name)).ToList())
            {
                _durableNames.Remove(name);
            }

            foreach (var (name, content) in _files.Where(file => file.Key.StartsWith(path + "/", StringComparison.Ordinal)))
            {
                _durableNames[name] = content;
            }
        }
    }

    private void Check(DiskOperation operation, string path)
    {
        if (Fault?.Invoke(operation, path) == true)
        {
            throw new IOException($"{operation} of {Path.GetFileName(path)} failed");
        }
    }

    private sealed class Release(Action release) : IDisposable
    {
        public void Dispose() => release();
    }

    private sealed class Content(byte[] data)
    {
        private byte[] _durable = [.. data];

        public byte[] Data { get; set; } = data;

        public long Length { get; set; } = data.Length;

        public void Sync() => _durable = Data[..(int)Length];

        public byte[] Left(Func<int, int> below)
        {
            var now = Data.AsSpan(0, (int)Length);
            var left = new byte[_durable.Length == Length || below(2) == 0 ? Length : _durable.Length];
            for (var at = 0; at < left.Length; at += PageBytes)
            {
                var page = left.AsSpan(at, Math.Min(PageBytes, left.Length - at));
                var source = below(2) == 0 ? now : _durable;
                source[Math.Min(at, source.Length)..Math.Min(at + page.Length, source.Length)].CopyTo(page);
            }

            return left;
        }
    }

    private sealed class OpenFile(FaultyDisk disk, Content content, string path) : IDiskFile
    {
        public long Length
        {
            get
            {
                lock (disk._gate)
                {
                    return content.Length;
                }
            }
        }

        public ValueTask<int> ReadAsync(Memory<byte> into, long at, CancellationToken cancellationToken)
        {
            disk.Check(DiskOperation.Read, path);
            lock (disk._gate)
            {
                var read = (int)Math.Clamp(content.Length - at, 0, into.Length);
                content.Data.AsSpan((int)Math.Min(at, content.Length), read).CopyTo(into.Span);
                return ValueTask.FromResult(read);
            }
        }

        public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, long at)
        {
            var fails = disk.Fault?.Invoke(DiskOperation.Write, path) == true;
            var bytes = parts.SelectMany(static part => part.ToArray()).ToArray();
            bytes = fails ? bytes[..(bytes.Length / 2)] : bytes;
            lock (disk._gate)
            {
                if (content.Data.Length < at + bytes.Length)
                {
                    var data = content.Data;
                    Array.Resize(ref data, (int)at + bytes.Length);
                    content.Data = data;
                }

                bytes.CopyTo(content.Data, at);
                content.Length = Math.Max(content.Length, at + bytes.Length);
            }

            return fails ? throw new IOException("Input/output error", 5) : ValueTask.CompletedTask;
        }

        public void Sync()
        {
            disk.Check(DiskOperation.Sync, path);
            lock (disk._gate)
            {
                content.Sync();
                disk.Syncs++;
            }
        }

        public void Truncate(long length)
        {
            disk.Check(DiskOperation.Truncate, path);
            lock (disk._gate)
            {
                var data = content.Data;
                Array.Resize(ref data, (int)length);
                (content.Data, content.Length) = (data, length);
            }
        }

        public void Dispose()
        {
        }
    }
}
