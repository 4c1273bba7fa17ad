using Millrace.Cli;

namespace Millrace.Node;

/// <summary>The node's data directory, held by an advisory lock (flock) for as long as this lives, so that no two processes write one journal.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Root = path;
        _lock = held;
    }

    /// <summary>Absolute.</summary>
    public string Root { get; }

    /// <summary>Where the journal lives.</summary>
    public string Journal => Path.Combine(Root, "journal");

    /// <summary>Where snapshots of features stand.</summary>
    public string Features => Path.Combine(Root, "features");

    /// <summary>Every model that was in force, each named by its digest.</summary>
    public string Models => ModelsOf(Root);

    /// <summary>The keys of persons: outside the journal, so that destroying one erases its person from every copy of it.</summary>
    public string SubjectKeys => Path.Combine(Root, "keys", "subjects");

    /// <summary>Where those of a data directory are that need not be held.</summary>
    public static string ModelsOf(string data) => Path.Combine(data, "models");

    /// <summary>Makes the directory if need be, and takes it.</summary>
    /// <exception cref="NodeStartException">Another process holds it, or it cannot be written.</exception>
    public static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(root);
            }
            else
            {
                Directory.CreateDirectory(root, OwnerOnly | UnixFileMode.UserExecute);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(ExitCode.DataUnusable, $"The data directory {root} cannot be made: {refused.Message}", refused);
        }

        var file = Path.Combine(root, "lock");
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix: the kernel frees it however the process ends.
            return new DataDirectory(root, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new NodeStartException(ExitCode.DataUnusable, $"The data directory {root} cannot be written: {refused.Message}", refused);
        }
        catch (IOException held)
        {
            throw new NodeStartException(
                ExitCode.DataLocked, $"The data directory {root} is held by another process. Stop it, or give this one its own with --data.", held);
        }
    }

    /// <summary>Writes a file that only its owner can read, whole or not at all.</summary>
    public void WriteSecret(string name, ReadOnlySpan<byte> bytes)
    {
        var target = Path.Combine(Root, name);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(target + ".new", options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(target + ".new", target, overwrite: true);
    }

    /// <summary>The file's bytes, or null when it is not there.</summary>
    public byte[]? ReadSecret(string name)
    {
        var file = Path.Combine(Root, name);
        return File.Exists(file) ? File.ReadAllBytes(file) : null;
    }

    public void Dispose() => _lock.Dispose();
}
