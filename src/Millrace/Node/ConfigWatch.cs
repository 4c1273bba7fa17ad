namespace Millrace.Node;

/// <summary>
/// Reloads when the file changes. Editors write a file in several steps: a change counts once nothing more happened for a moment. A reload that the journal
/// put off is tried again by itself.
/// </summary>
internal sealed class ConfigWatch : IDisposable
{
    /// <summary>A postponed reload is tried again after this: a full disk is rarely made room on sooner.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly ConfigHolder _config;
    private readonly FileSystemWatcher? _files;
    private readonly ITimer _timer;

    public ConfigWatch(ConfigHolder config, TimeProvider clock)
    {
        _config = config;
        _timer = clock.CreateTimer(_ => Reload(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (config.File is null)
        {
            return;
        }

        var file = Path.GetFullPath(config.File);
        _files = new FileSystemWatcher(Path.GetDirectoryName(file)!, Path.GetFileName(file))
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.Size,
        };
        _files.Changed += (_, _) => Touch();
        _files.Created += (_, _) => Touch();
        _files.Renamed += (_, _) => Touch();
        _files.EnableRaisingEvents = true;
    }

    /// <summary>Counts as a change of the file: the reload follows when it has been quiet for a moment.</summary>
    public void Touch() => _timer.Change(Quiet, Timeout.InfiniteTimeSpan);

    /// <summary>Reloads now, and again later while the journal puts it off.</summary>
    // An unforeseen fault must end the process rather than reloads in silence: hence async void.
    public async void Reload()
    {
        if (await _config.ReloadAsync() == ReloadOutcome.Postponed)
        {
            _timer.Change(Again, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _files?.Dispose();
        _timer.Dispose();
    }
}
