using Microsoft.Extensions.Logging;

namespace Millrace.Node;

/// <summary>
/// Reloads when the file changes, or a model that it names. Editors write a file in several steps: a change counts once nothing more happened for a moment. A reload that the journal
/// put off is tried again by itself.
/// </summary>
/// <remarks>
/// One watcher for a folder, since a system hands out few: for each file that of its folder or, while there is none, of the nearest above it. Where the system gives no watcher, or one
/// breaks, the files are looked at every so often instead: that a configuration is not followed must not end a node that serves.
/// </remarks>
internal sealed class ConfigWatch : IDisposable
{
    /// <summary>A postponed reload is tried again after this: a full disk is rarely made room on sooner.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Unwatched = TimeSpan.FromSeconds(30);

    private readonly ConfigHolder _config;
    private readonly ILogger _log;
    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private HashSet<string> _wanted = new(StringComparer.Ordinal);
    private bool _closed;

    public ConfigWatch(ConfigHolder config, TimeProvider clock, ILogger log)
    {
        (_config, _log) = (config, log);
        _timer = clock.CreateTimer(_ => Reload(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Follow();
    }

    /// <summary>Counts as a change of the file: the reload follows when it has been quiet for a moment.</summary>
    public void Touch() => _timer.Change(Quiet, Timeout.InfiniteTimeSpan);

    /// <summary>Reloads now, and again later while the journal puts it off.</summary>
    // An unforeseen fault must end the process rather than reloads in silence: hence async void.
    public async void Reload()
    {
        var outcome = await _config.ReloadAsync();
        Follow();
        if (outcome == ReloadOutcome.Postponed)
        {
            _timer.Change(Again, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _closed = true;
            Keep([]);
        }
    }

    /// <summary>Watches what the configuration names now, and nothing else.</summary>
    private void Follow()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _wanted = new(_config.Watched, StringComparer.Ordinal);
            HashSet<string> folders = new(_wanted.Select(FolderOf), StringComparer.Ordinal);
            Keep(folders);
            var (added, failed) = (false, false);
            foreach (var folder in folders.Where(folder => !_watchers.ContainsKey(folder)))
            {
                if (WatcherOf(folder) is { } watcher)
                {
                    _watchers.Add(folder, watcher);
                    added = true;
                }
                else
                {
                    failed = true;
                }
            }

            // What was written between reading and watching has raised no event: it is read once more.
            if (added)
            {
                Touch();
            }
            else if (failed)
            {
                _timer.Change(Unwatched, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The nearest folder above a file that is there: what a missing one will be created in.</summary>
    private static string FolderOf(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
        {
            folder = above;
        }

        return folder;
    }

    private void Keep(HashSet<string> folders)
    {
        foreach (var folder in _watchers.Keys.Except(folders).ToArray())
        {
            _watchers[folder].Dispose();
            _watchers.Remove(folder);
        }
    }

    private FileSystemWatcher? WatcherOf(string folder)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size,
            };
            watcher.Changed += (_, change) => Changed(change.FullPath);
            watcher.Created += (_, change) => Changed(change.FullPath);
            watcher.Renamed += (_, change) => Changed(change.FullPath);
            watcher.Error += (_, error) => Broken(folder, error.GetException());
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception refused) when (refused is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            Say(folder, refused);
            return null;
        }
    }

    /// <summary>Counts when it is a file that is wanted, or a folder on the way to one.</summary>
    private void Changed(string path)
    {
        lock (_gate)
        {
            if (_closed || !_wanted.Any(file => file == path || file.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                return;
            }
        }

        Touch();
    }

    private void Broken(string folder, Exception fault)
    {
        Say(folder, fault);
        lock (_gate)
        {
            if (_closed || !_watchers.Remove(folder, out var watcher))
            {
                return;
            }

            watcher.Dispose();
        }

        Touch();
    }

    private void Say(string folder, Exception fault) => _log.LogWarning(
        NodeEvents.ConfigRefused, fault, "Changes in {Folder} cannot be watched; what it holds is read again every {Seconds} s", folder, (int)Unwatched.TotalSeconds);
}
