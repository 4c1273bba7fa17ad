using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Millrace.Tests.Node;

/// <summary>A node that is killed again and again while clients load it: whatever it serves whole is what the origin has, by checksum.</summary>
public sealed class KilledUnderLoadTests : IDisposable
{
    private const int Kills = 3;
    private const int Clients = 8;
    private const int Objects = 60;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task Killed_under_load_a_node_serves_only_right_bodies_after_it()
    {
        await using var origin = await TestOrigin.StartAsync(static async context =>
        {
            context.Response.Headers.CacheControl = "max-age=3600";
            context.Response.Headers.ETag = "\"v1\"";
            var body = Body(context.Request.Path);
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        }, TestContext.Current.CancellationToken);
        var port = FreePort();
        var checkedBodies = 0;
        for (var kill = 0; kill <= Kills; kill++)
        {
            using var node = Start(port, origin.Url);
            Assert.StartsWith("millrace is up", await node.StandardOutput.ReadLineAsync(Cancellation), StringComparison.Ordinal);
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var seen = 0;
            var load = Enumerable.Range(0, Clients).Select(client => LoadAsync(port, new Random((kill * Clients) + client), () =>
            {
                if (Interlocked.Increment(ref seen) == 500)
                {
                    enough.SetResult();
                }
            })).ToArray();
            await Task.WhenAny(enough.Task, Task.WhenAll(load));
            node.Kill();
            await node.WaitForExitAsync(Cancellation);
            checkedBodies += (await Task.WhenAll(load)).Sum();
        }

        Assert.True(checkedBodies >= (Kills + 1) * 500, $"{checkedBodies} bodies");
    }

    /// <summary>Asks until the node is gone; every body that came whole must be the origin's. Returns how many did.</summary>
    private static async Task<int> LoadAsync(int port, Random random, Action got)
    {
        using var client = new HttpClient();
        for (var count = 0; ; count++)
        {
            var path = $"/{random.Next(Objects)}";
            try
            {
                var body = await client.GetByteArrayAsync(new Uri($"http://127.0.0.1:{port}{path}"), Cancellation);
                Assert.Equal(SHA256.HashData(Body(path)), SHA256.HashData(body));
                got();
            }
            catch (HttpRequestException)
            {
                return count;
            }
        }
    }

    /// <summary>What the origin has at a path: bytes of its own, from a few to a few hundred thousand.</summary>
    private static byte[] Body(string path)
    {
        var number = int.Parse(path.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
        var body = new byte[1 << (2 + (number % 17))];
        new Random(number).NextBytes(body);
        return body;
    }

    private Process Start(int port, string origin)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _data };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--data", _data, "--set", $"listen.delivery=127.0.0.1:{port}", "--set", "listen.api=127.0.0.1:0",
            "--set", "listen.admin=127.0.0.1:0", "--set", $"routes=[{{match: \"*/*\", origin: \"{origin}\"}}]",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
