using System.Buffers;
using System.Globalization;
using Millrace.Journal.Segments;

namespace Millrace.Features.Images;

/// <summary>
/// A folder of snapshots, each under a name that never comes to hold anything else: <c>epoch-hash.kind</c>. A file is there whole and durable, or not at all; of each kind
/// the last two stay. One writer; any thread reads.
/// </summary>
/// <param name="path">The folder; made when it is first written to.</param>
public sealed class SnapshotFolder(string path)
{
    private const int Kept = 2;
    private const string Unfinished = ".unfinished";
    private static readonly SearchValues<char> NameChars = SearchValues.Create("0123456789abcdef-");
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Names of the snapshots of a kind, newest first.</summary>
    public IReadOnlyList<string> Names(SnapshotKind kind) => !Directory.Exists(path)
        ? []
        : [.. Directory.GetFiles(path, $"*.{Extension(kind)}").Select(Path.GetFileName).OfType<string>().Where(name => IsName(name, kind)).OrderDescending(StringComparer.Ordinal)];

    /// <summary>Opens a snapshot to read; it can be read to its end even when it leaves meanwhile.</summary>
    /// <exception cref="FeatureSnapshotException">It cannot be opened.</exception>
    public FileStream Open(string name)
    {
        try
        {
            return new FileStream(Path.Combine(path, name), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, BufferSize = 1 << 18 });
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FeatureSnapshotException(FeatureSnapshotFault.Unreadable, refused.Message, refused);
        }
    }

    /// <summary>What a snapshot says of itself, and its SHA-256.</summary>
    /// <exception cref="FeatureSnapshotException">It is none, or not whole.</exception>
    public (SnapshotHead Head, byte[] Hash, long Length) Head(string name)
    {
        using var file = Open(name);
        var (head, hash) = SnapshotFile.ReadHead(file);
        return (head, hash, file.Length);
    }

    /// <summary>Whether this may be a name of a snapshot of the kind, and leads nowhere else.</summary>
    public static bool IsName(string name, SnapshotKind kind) =>
        name.EndsWith($".{Extension(kind)}", StringComparison.Ordinal) && name.Length < 64 && !name.AsSpan(0, name.LastIndexOf('.')).ContainsAnyExcept(NameChars);

    /// <summary>Writes a snapshot, and removes those before the last two, and those of formats before the one that is written. Later ones stay: the release that wrote them may be back in five minutes, and knows which sessions users had.</summary>
    /// <returns>Its name and length.</returns>
    /// <exception cref="IOException">The disk is full, or refuses.</exception>
    internal (string Name, long Length) Write(SnapshotHead head, Func<Stream, byte[]> write)
    {
        DurableFile.CreateDirectory(DiskFiles.Instance, path);
        var unfinished = Path.Combine(path, Extension(head.Kind) + Unfinished);
        try
        {
            var (hash, length) = WriteUnfinished(unfinished, write);
            var name = string.Create(CultureInfo.InvariantCulture, $"{head.Epoch:D19}-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}.{Extension(head.Kind)}");
            File.Move(unfinished, Path.Combine(path, name), overwrite: true);
            DiskFiles.Instance.SyncDirectory(path);
            foreach (var other in Names(head.Kind).Where(other => other != name && IsOfEarlierFormat(other)))
            {
                Remove(other);
            }

            foreach (var older in Names(head.Kind).Where(other => !IsOfLaterFormat(other)).Skip(Kept))
            {
                Remove(older);
            }

            return (name, length);
        }
        catch
        {
            // A full disk wants its room back.
            File.Delete(unfinished);
            throw;
        }
    }

    private bool IsOfEarlierFormat(string name) => VersionOf(name) < SnapshotFile.Version;

    private bool IsOfLaterFormat(string name) => VersionOf(name) > SnapshotFile.Version;

    /// <summary>The format of a file; null when it is no snapshot that can be read.</summary>
    private int? VersionOf(string name)
    {
        try
        {
            using var file = Open(name);
            return SnapshotFile.VersionOf(file);
        }
        catch (FeatureSnapshotException)
        {
            return null;
        }
    }

    internal void Remove(string name) => File.Delete(Path.Combine(path, name));

    private static (byte[] Hash, long Length) WriteUnfinished(string unfinished, Func<Stream, byte[]> write)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 18 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(unfinished, options);
        var hash = write(file);
        file.Flush(flushToDisk: true);
        return (hash, file.Length);
    }

    private static string Extension(SnapshotKind kind) => kind == SnapshotKind.Items ? "items" : "persons";
}
