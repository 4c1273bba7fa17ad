using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Millrace.Bench.DiskTier;

/// <summary>A <c>millrace up</c> as a process of its own.</summary>
internal sealed class BenchNode : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 16 });

    private BenchNode(Process process) => _process = process;

    public Uri Delivery { get; private set; } = null!;

    /// <summary>From the start of the process to the line that says that it listens.</summary>
    public TimeSpan UpAfter { get; private set; }

    public string AdminKey { get; private set; } = "";

    private Uri Admin { get; set; } = null!;

    private Uri Api { get; set; } = null!;

    /// <summary>What the process had of the processors so far, in user and system.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory of the process now, and its highest so far, in MiB.</summary>
    public (long Now, long Highest) Memory
    {
        get
        {
            var lines = File.ReadAllLines($"/proc/{_process.Id}/status");
            return (Of("VmRSS:"), Of("VmHWM:"));

            long Of(string name) =>
                long.Parse(lines.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
    }

    /// <summary>With a disk tier.</summary>
    public static Task<BenchNode> UpAsync(string node, string folder, string origin, string? adminKey, string memory, string disk) => UpAsync(
        node, folder, adminKey, $"cache.memory={memory}", $"cache.disk={folder}/cache", $"cache.diskBytes={disk}", $"routes=[{{match: 'bench.example/*', origin: '{origin}'}}]");

    /// <summary>On ports of its own; <paramref name="settings"/> come on top.</summary>
    public static async Task<BenchNode> UpAsync(string node, string folder, string? adminKey, params string[] settings)
    {
        string[] all = ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", "log.level=error", .. settings];
        var began = Stopwatch.GetTimestamp();
        var bench = new BenchNode(Process.Start(new ProcessStartInfo("dotnet", [node, "up", "--data", $"{folder}/data", .. all.SelectMany(static setting => (string[])["--set", setting])])
        {
            RedirectStandardOutput = true,
        })!);
        var words = (await bench._process.StandardOutput.ReadLineAsync() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bench.UpAfter = Stopwatch.GetElapsedTime(began);
        if (words is not ["millrace", "is", "up:", ..])
        {
            throw new InvalidOperationException(string.Join(' ', words));
        }

        while (adminKey is null)
        {
            var line = (await bench._process.StandardOutput.ReadLineAsync())!.Trim();
            adminKey = line.StartsWith("admin", StringComparison.Ordinal) ? line["admin".Length..].Trim() : null;
        }

        (bench.Delivery, bench.Api, bench.Admin, bench.AdminKey) = (new Uri(After("delivery")), new Uri(After("api")), new Uri(After("admin")), adminKey);
        return bench;

        string After(string name) => words[Array.IndexOf(words, name) + 1];
    }

    /// <summary>Asks for a path, or for a range of it; the caller disposes the response.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path, long? from = null, long? to = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Delivery, path));
        request.Headers.Host = "bench.example";
        request.Headers.Range = from is null ? null : new RangeHeaderValue(from, to);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Posts to the api listener; the body that comes back, which is durable when it says so.</summary>
    public async Task<string> PostAsync(string path, string body, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api, path)) { Content = new StringContent(body, Encoding.UTF8, type) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    public async Task<double> MetricAsync(string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Admin, "/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var response = await _http.SendAsync(request);
        return (await response.Content.ReadAsStringAsync()).Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Sum(static line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until a metric is as wanted; gives up after a minute.</summary>
    public async Task UntilAsync(string name, Func<double, bool> holds)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1) && !holds(await MetricAsync(name));)
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Kills it, as a crash would.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }
}
