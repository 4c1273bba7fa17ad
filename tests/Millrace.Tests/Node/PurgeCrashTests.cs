using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Tests.Node;

/// <summary>A purge that was acknowledged holds after a crash: a node as a process of its own, killed, and started again on what it left.</summary>
public sealed class PurgeCrashTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private int _version;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Purged_body_is_not_served_after_a_kill_and_what_was_not_purged_is_warm()
    {
        await using var origin = await OriginAsync();
        using var first = await UpAsync(origin.Url);
        await GetAsync(first, "/purged");
        await GetAsync(first, "/kept");
        Assert.Equal("1", (await GetAsync(first, "/purged")).Body);

        await UntilOnDiskAsync("http://site.example/purged");
        await PurgeAsync(first, """{"urls": ["http://site.example/purged"], "wait": "edges"}""");
        first.Process.Kill();
        await first.Process.WaitForExitAsync(Cancellation);
        _version = 1;
        using var second = await UpAsync(origin.Url, first.Admin);
        Assert.Equal("2", (await GetAsync(second, "/purged")).Body);
        var kept = await GetAsync(second, "/kept");
        Assert.True(kept.CacheStatus.Contains("; hit", StringComparison.Ordinal) == (kept.Body == "1"), kept.CacheStatus);
        second.Process.Kill();
        await second.Process.WaitForExitAsync(Cancellation);
    }

    /// <summary>What is stored goes to the disk behind the reply: a purge before that would prove nothing.</summary>
    private async Task UntilOnDiskAsync(string key)
    {
        var wanted = Encoding.ASCII.GetBytes(key);
        var began = TimeProvider.System.GetTimestamp();
        while (!Directory.EnumerateFiles(Path.Combine(_data, "cache"), "*", SearchOption.AllDirectories).Any(file => Read(file).AsSpan().IndexOf(wanted) >= 0))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"{key} is not on disk");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    private static byte[] Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(stream.Length, 1 << 20)];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (IOException)
        {
            // The node's lock.
            return [];
        }
    }

    private async Task<TestOrigin> OriginAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.Headers.CacheControl = "max-age=600";
            return context.Response.WriteAsync($"{_version + 1}");
        });
        await app.StartAsync(Cancellation);
        return new TestOrigin(app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    private async Task<(string Body, string CacheStatus)> GetAsync(Node node, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Delivery, path));
        request.Headers.Host = "site.example";
        using var response = await _http.SendAsync(request, Cancellation);
        return (await response.Content.ReadAsStringAsync(Cancellation), string.Join(',', response.Headers.GetValues("Cache-Status")));
    }

    private async Task PurgeAsync(Node node, string purge)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.AdminUrl, "/v1/purge")) { Content = new StringContent(purge, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.Admin);
        using var response = await _http.SendAsync(request, Cancellation);
        response.EnsureSuccessStatusCode();
    }

    private async Task<Node> UpAsync(string origin, string? admin = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _data };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--data", _data, "--set", "listen.delivery=127.0.0.1:0", "--set", "listen.api=127.0.0.1:0",
            "--set", "listen.admin=127.0.0.1:0", "--set", "log.level=error", "--set", $"cache.disk={Path.Combine(_data, "cache")}", "--set", "cache.diskBytes=256MiB",
            "--set", $"routes=[{{match: 'site.example/*', origin: '{origin}', contract: strict}}]",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var words = (await process.StandardOutput.ReadLineAsync(Cancellation) ?? await process.StandardError.ReadToEndAsync(Cancellation)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(words is ["millrace", "is", "up:", ..], string.Join(' ', words));
        while (admin is null)
        {
            var line = (await process.StandardOutput.ReadLineAsync(Cancellation))!.Trim();
            admin = line.StartsWith("admin", StringComparison.Ordinal) ? line["admin".Length..].Trim() : null;
        }

        return new Node(process, new Uri(After("delivery")), new Uri(After("admin")), admin);

        string After(string name) => words[Array.IndexOf(words, name) + 1];
    }

    private sealed record Node(Process Process, Uri Delivery, Uri AdminUrl, string Admin) : IDisposable
    {
        public void Dispose() => Process.Dispose();
    }

    private sealed record TestOrigin(WebApplication App, string Url) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
