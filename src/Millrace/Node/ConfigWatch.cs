using System.Collections.Immutable;

namespace Millrace.Node;

/// <summary>
/// Reloads when the file changes, or a model that it names. Editors write a file in several steps: a change counts once nothing more happened for a moment. A reload that the journal
/// put off is tried again by itself.
/// </summary>
internal sealed class ConfigWatch : IDisposable
{
    /// <summary>A postponed reload is tried again after this: a full disk is rarely made room on sooner.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly ConfigHolder _config;
    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private bool _closed;

    public ConfigWatch(ConfigHolder config, TimeProvider clock)
    {
        _config = config;
        _timer = clock.CreateTimer(_ => Reload(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Watch();
    }

    /// <summary>Counts as a change of the file: the reload follows when it has been quiet for a moment.</summary>
    public void Touch() => _timer.Change(Quiet, Timeout.InfiniteTimeSpan);

    /// <summary>Reloads now, and again later while the journal puts it off.</summary>
    // An unforeseen fault must end the process rather than reloads in silence: hence async void.
    public async void Reload()
    {
        var outcome = await _config.ReloadAsync();
        Watch();
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
    private void Watch()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            var wanted = _config.Watched;
            Keep(wanted);
            foreach (var file in wanted.Where(file => !_watchers.ContainsKey(file) && Directory.Exists(Path.GetDirectoryName(file))))
            {
                _watchers.Add(file, WatcherOf(file));
            }
        }
    }

    private void Keep(ImmutableArray<string> wanted)
    {
        foreach (var file in _watchers.Keys.Except(wanted).ToArray())
        {
            _watchers[file].Dispose();
            _watchers.Remove(file);
        }
    }

    private FileSystemWatcher WatcherOf(string file)
    {
        var watcher = new FileSystemWatcher(Path.GetDirectoryName(file)!, Path.GetFileName(file))
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.Size,
        };
        watcher.Changed += (_, _) => Touch();
        watcher.Created += (_, _) => Touch();
        watcher.Renamed += (_, _) => Touch();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }
}
