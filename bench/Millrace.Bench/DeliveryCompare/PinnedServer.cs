using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Millrace.Bench.DeliveryCompare;

/// <summary>A server process held to one core, with the time that it and its children have used.</summary>
internal sealed class PinnedServer : IDisposable
{
    /// <summary>The kernel tells CPU time in hundredths of a second (USER_HZ) on every Linux that runs .NET.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process _process;

    private PinnedServer(Process process) => _process = process;

    public static PinnedServer Start(int core, string log, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("taskset", ["-c", core.ToString(CultureInfo.InvariantCulture), program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var file = TextWriter.Synchronized(new StreamWriter(log) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => file.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => file.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new PinnedServer(process);
    }

    /// <summary>Waits until a port answers.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or 30 s passed.</exception>
    public async Task ListeningAsync(int port)
    {
        for (var tries = 0; tries < 600 && !_process.HasExited; tries++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[2]} does not listen on {port}");
    }

    /// <summary>User and system time of the process and its descendants, in seconds, from /proc.</summary>
    public double CpuSeconds()
    {
        var all = new Dictionary<int, (int Parent, double Ticks)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) && Stat(directory) is { } stat)
            {
                all[pid] = stat;
            }
        }

        return all.Where(one => Descends(one.Key)).Sum(static one => one.Value.Ticks) / TicksPerSecond;

        bool Descends(int pid) => pid == _process.Id || (all.TryGetValue(pid, out var stat) && stat.Parent > 1 && Descends(stat.Parent));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>A port that nothing listens on, below the ephemeral ones.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 32_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
            finally
            {
                listener.Stop();
            }
        }
    }

    private static (int Parent, double Ticks)? Stat(string directory)
    {
        try
        {
            // The program's name, in parentheses, may hold spaces; what follows it does not.
            var text = File.ReadAllText(Path.Combine(directory, "stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It has ended meanwhile.
        }
    }
}
