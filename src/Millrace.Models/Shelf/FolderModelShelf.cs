using System.Collections.Concurrent;
using Millrace.Journal.Segments;
using Millrace.Models.Posteriors;
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
    private readonly ConcurrentDictionary<(string Digest, Type Kind), WeakReference<object>> _read = [];

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

    public Forest? Forest(string digest) => Model(digest, path => ForestFile.ReadBytes(path, _limits), bytes => ForestFile.Read(bytes, _limits));

    public LinearPosterior? Linear(string digest) => Model(digest, LinearFile.ReadBytes, static bytes => LinearFile.Read(bytes));

    private T? Model<T>(string digest, Func<string, byte[]> bytesOf, Func<byte[], T> read)
        where T : class
    {
        if (!ModelDigest.IsOne(digest)) return null;
        if (_read.TryGetValue((digest, typeof(T)), out WeakReference<object>? kept) && kept.TryGetTarget(out object? known)) return (T)known;
        string path = PathOf(digest);
        if (!File.Exists(path)) return null;
        try
        {
            byte[] bytes = bytesOf(path);
            if (ModelDigest.Of(bytes) is var found && found != digest) throw new InvalidDataException($"expected bytes of the SHA-256 {digest}; got {found}");
            T model = read(bytes);
            _read[(digest, typeof(T))] = new WeakReference<object>(model);
            return model;
        }
        catch (Exception fault) when (fault is ForestException or InvalidDataException or IOException or UnauthorizedAccessException)
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
