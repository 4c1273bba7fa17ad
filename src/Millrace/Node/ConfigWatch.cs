namespace Millrace.Node;

/// <summary>Reloads when the file changes. Editors write a file in several steps: a change counts once nothing more happened for a moment.</summary>
internal sealed class ConfigWatch : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly FileSystemWatcher? _files;
    private readonly ITimer _timer;

    public ConfigWatch(ConfigHolder config, TimeProvider clock)
    {
        _timer = clock.CreateTimer(_ => config.Reload(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

    public void Dispose()
    {
        _files?.Dispose();
        _timer.Dispose();
    }
}
