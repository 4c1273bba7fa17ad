using System.Collections.Concurrent;
using Millrace.Journal.Segments;
using Millrace.Models.Trees;

namespace Millrace.Models.Shelf;

/// <summary>Models as files of a folder, each named by its digest and never changed. Any number of threads may read, and one process writes.</summary>
/// <param name="folder">Made when the first model comes.</param>
/// <param name="damaged">Told once of a file that cannot be read or does not have the digest that it is named by, and why.</param>
/// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
public sealed class FolderModelShelf(string folder, Action<string, string>? damaged = null, ForestLimits? limits = null) : IModelShelf
{
    private readonly ForestLimits _limits = limits ?? ForestLimits.Default;

    // Weak: what a policy in force compiled it keeps itself, and of those that were it is read again.
    private readonly ConcurrentDictionary<string, WeakReference<Forest>> _read = new(StringComparer.Ordinal);

    // Told once: ten thousand replays would ask for it ten thousand times.
    private readonly ConcurrentDictionary<string, bool> _damaged = new(StringComparer.Ordinal);

    /// <summary>Where the model of that digest stands, or would.</summary>
    public string PathOf(string digest) => Path.Combine(folder, digest);

    /// <summary>Keeps a model's file: durable when it returns. One that is there already, whole, is left alone.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder refuses.</exception>
    public string Put(byte[] bytes)
    {
        string digest = ModelDigest.Of(bytes);
        string target = PathOf(digest);
        if (IsWhole(target, bytes)) return digest;
        Directory.CreateDirectory(folder);
        string written = target + ".new";
        using (var file = new FileStream(written, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(written, target, overwrite: true);
        DiskFiles.Instance.SyncDirectory(folder);
        _damaged.TryRemove(digest, out _);
        return digest;
    }

    public Forest? Forest(string digest)
    {
        if (!ModelDigest.IsOne(digest)) return null;
        if (_read.TryGetValue(digest, out WeakReference<Forest>? kept) && kept.TryGetTarget(out Forest? forest)) return forest;
        string path = PathOf(digest);
        if (!File.Exists(path)) return null;
        try
        {
            byte[] bytes = ForestFile.ReadBytes(path, _limits);
            if (ModelDigest.Of(bytes) is var found && found != digest) throw new ForestException($"expected bytes of the SHA-256 {digest}; got {found}");
            forest = ForestFile.Read(bytes, _limits);
            _read[digest] = new WeakReference<Forest>(forest);
            return forest;
        }
        catch (Exception fault) when (fault is ForestException or IOException or UnauthorizedAccessException)
        {
            if (_damaged.TryAdd(digest, true)) damaged?.Invoke(path, fault.Message);
            return null;
        }
    }

    private static bool IsWhole(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file && file.Length == bytes.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
