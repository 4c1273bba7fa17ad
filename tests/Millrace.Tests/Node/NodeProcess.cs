using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Millrace.Tests.Node;

/// <summary>A node as a process of its own, which can be killed.</summary>
internal sealed class NodeProcess : IDisposable
{
    /// <summary>The host by which clients ask: the same for every process, so that what one has kept is another's.</summary>
    public const string Host = "site.example";

    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private NodeProcess(Process process) => _process = process;

    public Uri Delivery { get; private set; } = null!;

    public Uri Api { get; private set; } = null!;

    public Uri Admin { get; private set; } = null!;

    /// <summary>The key of scope admin, which a node tells at its first start alone.</summary>
    public string AdminKey { get; private set; } = "";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Starts a node with its data in a folder, and returns once it listens.</summary>
    /// <param name="data">The data directory.</param>
    /// <param name="origin">Where all of <see cref="Host"/> comes from.</param>
    /// <param name="adminKey">The admin key where an earlier start told it, or null.</param>
    /// <param name="settings">More <c>--set</c>.</param>
    public static async Task<NodeProcess> UpAsync(string data, string origin, string? adminKey, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        string[] all =
        [
            "listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", "log.level=error", $"routes=[{{match: '{Host}/*', origin: '{origin}'}}]", .. settings,
        ];
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--data", data, .. all.SelectMany(static setting => (string[])["--set", setting])];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What tells a test how long to run would be a setting to the node, and refused.
        foreach (var variable in start.Environment.Keys.Where(static name => name.StartsWith("MILLRACE_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        var node = new NodeProcess(Process.Start(start)!);
        try
        {
            await node.ListenAsync(adminKey);
            return node;
        }
        catch
        {
            await node.KillAsync();
            node.Dispose();
            throw;
        }
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Now);
    }

    /// <summary>Reads a body whole.</summary>
    public async Task<(byte[] Body, string CacheStatus)> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Delivery, path));
        request.Headers.Host = Host;
        using var response = await _http.SendAsync(request, Now);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadAsByteArrayAsync(Now), string.Join(',', response.Headers.GetValues("Cache-Status")));
    }

    /// <summary>Posts JSON to the api listener; the body that comes back, which is durable when it says so.</summary>
    public async Task<string> PostAsync(string path, string json, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api, path)) { Content = new StringContent(json, Encoding.UTF8, type) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var response = await _http.SendAsync(request, Now);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(Now);
    }

    /// <summary>Purges, and returns once this node has obeyed.</summary>
    public async Task PurgeAsync(string purge)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Admin, "/v1/purge")) { Content = new StringContent(purge, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var response = await _http.SendAsync(request, Now);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The status of <c>/health/ready</c>.</summary>
    public async Task<int> ReadinessAsync()
    {
        using var response = await _http.GetAsync(new Uri(Admin, "/health/ready"), Now);
        return (int)response.StatusCode;
    }

    /// <summary>The sum of a metric's samples whose line contains all the texts. A scrape may be a third of a second old: wait for what must come (<see cref="UntilAsync"/>).</summary>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Admin, "/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        using var response = await _http.SendAsync(request, Now);
        return (await response.Content.ReadAsStringAsync(Now)).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Sum(static line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until a metric is as wanted.</summary>
    public async Task UntilAsync(Func<double, bool> holds, string name, params string[] labels)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await MetricAsync(name, labels) is var value && !holds(value))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"{name} stays at {value}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Now);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
    }

    private async Task ListenAsync(string? adminKey)
    {
        var words = (await _process.StandardOutput.ReadLineAsync(Now) ?? await _process.StandardError.ReadToEndAsync(Now)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(words is ["millrace", "is", "up:", ..], string.Join(' ', words));
        while (adminKey is null)
        {
            var line = (await _process.StandardOutput.ReadLineAsync(Now))!.Trim();
            adminKey = line.StartsWith("admin", StringComparison.Ordinal) ? line["admin".Length..].Trim() : null;
        }

        (Delivery, Api, Admin, AdminKey) = (new Uri(After("delivery")), new Uri(After("api")), new Uri(After("admin")), adminKey);

        string After(string name) => words[Array.IndexOf(words, name) + 1];
    }
}
