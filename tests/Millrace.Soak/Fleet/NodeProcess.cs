using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Millrace.Soak.Fleet;

/// <summary>A node as a process of its own: started, killed, started again on the same folder, reloaded, purged, measured.</summary>
internal sealed partial class NodeProcess(NodeSite site, RunClock clock) : IDisposable
{
    private const int Hangup = 1;

    private readonly HttpClient _admin = new() { Timeout = TimeSpan.FromSeconds(20), BaseAddress = new Uri($"http://127.0.0.1:{site.AdminPort}") };
    private readonly List<(double From, double To)> _away = [];
    private readonly Lock _writing = new();
    private Process? _process;
    private StreamWriter? _log;

    public NodeSite Site => site;

    public bool IsUp => _process is { HasExited: false };

    public int Id => _process!.Id;

    /// <summary>Log lines at level error or critical, and what came on standard error.</summary>
    public List<string> Errors { get; } = [];

    public bool WasKilledBetween(double from, double to)
    {
        lock (_away)
        {
            return _away.Exists(gap => gap.From <= to && gap.From >= from);
        }
    }

    /// <summary>From a kill until it was back.</summary>
    public bool WasAwayBetween(double from, double to)
    {
        lock (_away)
        {
            return _away.Exists(gap => gap.From <= to && gap.To >= from);
        }
    }

    public async Task StartAsync()
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--config", site.ConfigFile])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = site.Folder,
        };
        start.Environment["DOTNET_gcServer"] = "0";
        _log ??= new StreamWriter(site.LogFile, append: true);
        var process = Process.Start(start)!;
        _process = process;
        TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(process.StandardOutput, line =>
        {
            if (line.StartsWith("millrace is up", StringComparison.Ordinal))
            {
                up.TrySetResult();
            }
            else if (line.TrimStart().StartsWith("admin ", StringComparison.Ordinal) && line.Contains("mr_", StringComparison.Ordinal))
            {
                _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", line[line.IndexOf("mr_", StringComparison.Ordinal)..].Trim());
            }
        });
        _ = ReadAsync(process.StandardError, static _ => { });
        await Task.WhenAny(up.Task, process.WaitForExitAsync()).WaitAsync(TimeSpan.FromSeconds(60));
        if (!up.Task.IsCompleted)
        {
            throw new InvalidOperationException($"{site.Name} did not come up: see {site.LogFile}");
        }

        lock (_away)
        {
            if (_away is [.., var last] && double.IsPositiveInfinity(last.To))
            {
                _away[^1] = (last.From, clock.Now);
            }
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        lock (_away)
        {
            _away.Add((clock.Now, double.PositiveInfinity));
        }

        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public void Reload(string configuration)
    {
        File.WriteAllText(site.ConfigFile + ".new", configuration);
        File.Move(site.ConfigFile + ".new", site.ConfigFile, overwrite: true);
        if (IsUp)
        {
            _ = Kill(_process!.Id, Hangup);
        }
    }

    /// <summary>Purges and waits until the node obeys; false when it is away.</summary>
    public async Task<bool> PurgeAsync(string json)
    {
        try
        {
            using StringContent content = new(json, Encoding.UTF8, "application/json");
            using var response = await _admin.PostAsync(new Uri("/v1/purge", UriKind.Relative), content);
            return response.IsSuccessStatusCode;
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>The sum of a metric over its labels; 0 when it has none yet.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = await _admin.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ')
            .Sum(static line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var value, ..] ? value : "0", CultureInfo.InvariantCulture));
    }

    public int OpenFiles() => Directory.GetFileSystemEntries($"/proc/{_process!.Id}/fd").Length;

    public double ResidentMegabytes()
    {
        _process!.Refresh();
        return _process.WorkingSet64 / 1048576.0;
    }

    public void Dispose()
    {
        if (IsUp)
        {
            _process!.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        _process = null;
        _admin.Dispose();
        lock (_writing)
        {
            _log?.Dispose();
            _log = null;
        }
    }

    private async Task ReadAsync(StreamReader lines, Action<string> each)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            lock (_writing)
            {
                _log?.WriteLine(line);
                if (IsError(line))
                {
                    Errors.Add($"{site.Name}: {line}");
                }
            }

            each(line);
        }
    }

    private static bool IsError(string line)
    {
        if (!line.StartsWith('{'))
        {
            return line.Contains("Unhandled exception", StringComparison.Ordinal);
        }

        using var json = JsonDocument.Parse(line);
        return json.RootElement.TryGetProperty("level", out var level) && level.GetString() is "error" or "critical";
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
