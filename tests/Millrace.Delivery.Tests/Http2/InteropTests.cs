using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>Clients of others' making: .NET's own, and the command line's where they are installed.</summary>
public class InteropTests
{
    private const int MaxBytes = 400_000;

    /// <summary>Bodies of sizes around every bound there is: none, one byte, a frame, what is copied, a turn.</summary>
    private static readonly int[] Sizes = [0, 1, 1000, 16_383, 16_384, 16_385, 32_768, 32_769, 65_535, 65_536, 100_000, MaxBytes];

    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(MaxBytes);

    [Fact]
    public async Task Many_streams_of_mixed_sizes_come_whole_while_others_are_given_up()
    {
        await using var door = await OpenAsync();
        using HttpMessageInvoker client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = false });
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async worker =>
        {
            for (var i = 0; i < 40; i++)
            {
                var size = Sizes[(worker + (7 * i)) % Sizes.Length];
                var stored = i % 4 != 0;
                using var message = Get(door, stored ? $"/{size}" : $"/{size}/no-store/{worker}/{i}");
                using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
                if ((worker + i) % 5 == 0)
                {
                    // Disposed of before its body is read: RST_STREAM.
                    continue;
                }

                var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
                Assert.True(body.AsSpan().SequenceEqual(Content.AsSpan(0, size)), $"{size}: {body.Length} bytes, {response.StatusCode}");
            }
        }));
        Assert.Equal(0, door.BoundsHit);
    }

    [Fact]
    public async Task Uploads_beside_downloads_come_whole()
    {
        await using var door = await Door.OpenAsync(new RawOrigin(static async (head, stream) =>
        {
            var body = await RawOrigin.ReadBodyAsync(head, stream);
            await RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }));
        using HttpMessageInvoker client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = false });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            for (var i = 0; i < 3; i++)
            {
                var sent = new string((char)('a' + worker), 60_000 + (i * 1111));
                using HttpRequestMessage message = new(HttpMethod.Post, new Uri(door.Address, "/a")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent(sent) };
                using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
                Assert.Equal(sent, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }
        }));
    }

    [Theory]
    [InlineData("curl", "-sS --http2-prior-knowledge -o /dev/null -w %{http_version}:%{http_code}:%{size_download} {0}/100000", "2:200:100000")]
    [InlineData("h2load", "-n 3000 -c 4 -m 10 {0}/1000", "3000 succeeded, 0 failed, 0 errored")]
    [InlineData("h2load", "-n 600 -c 4 -m 10 -w 14 -W 16 {0}/400000", "600 succeeded, 0 failed, 0 errored")]
    [InlineData("nghttp", "-nv {0}/65536 {0}/1", "recv DATA frame <length=1, flags=0x01")]
    public async Task Tools_are_served(string tool, string arguments, string said)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, tool))), $"{tool} is not installed");
        await using var door = await OpenAsync();
        using var process = Process.Start(new ProcessStartInfo(tool, arguments.Replace("{0}", $"http://127.0.0.1:{door.Address.Port}", StringComparison.Ordinal)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(said, text, StringComparison.Ordinal);
    }

    private static HttpRequestMessage Get(Door door, string path) =>
        new(HttpMethod.Get, new Uri(door.Address, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>An origin of bodies as long as the path says.</summary>
    private static Task<Door> OpenAsync() => Door.OpenAsync(new RawOrigin(static async (head, stream) =>
    {
        var path = head.Split(' ')[1].Split('/');
        var size = int.Parse(path[1], System.Globalization.CultureInfo.InvariantCulture);
        await RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: {(path.Length > 2 ? "no-store" : "max-age=60")}\r\nContent-Length: {size}\r\n\r\n");
        await stream.WriteAsync(Content.AsMemory(0, size));
    }));
}
