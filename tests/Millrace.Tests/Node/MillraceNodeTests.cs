using System.Net;
using System.Net.Http.Headers;
using Millrace.Cli;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

public sealed class MillraceNodeTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_node_starts_answers_and_stops()
    {
        await using var node = await StartAsync();
        using var ready = await _http.GetAsync(new Uri(node.Admin.Url, "/health/ready"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(3, new[] { node.Admin, node.Api, node.Delivery }.Select(l => l.Endpoint.Port).Distinct().Count());
        Assert.True(await node.StopAsync(Cancellation));
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(new Uri(node.Admin.Url, "/health/live"), Cancellation));
    }

    [Fact]
    public async Task Keys_are_made_once_and_kept_as_hashes_that_only_the_owner_reads()
    {
        string[] secrets;
        await using (var first = await StartAsync())
        {
            secrets = [.. first.FirstKeys.Select(k => k.Secret)];
            Assert.Equal([KeyScope.Admin, KeyScope.Api, KeyScope.Events], first.FirstKeys.Select(k => k.Scope));
        }

        var file = Path.Combine(_data, "keys.json");
        Assert.DoesNotContain(secrets, s => File.ReadAllText(file).Contains(s, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        await using var second = await StartAsync();
        Assert.Empty(second.FirstKeys);
        Assert.Equal(KeyScope.Admin, second.Services.Keys.Verify(secrets[0])!.Scope);
        Assert.Null(second.Services.Keys.Verify(secrets[0][..^1] + "!"));
    }

    [Fact]
    public async Task The_admin_listener_wants_an_admin_key_except_for_health()
    {
        await using var node = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node.Admin, "/metrics", null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node.Admin, "/metrics", node.FirstKeys[1].Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Admin, "/metrics", node.FirstKeys[0].Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Admin, "/health/live", null));
    }

    [Fact]
    public async Task A_browser_key_may_send_events_only()
    {
        await using var node = await StartAsync();
        var events = node.FirstKeys[2].Secret;
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node.Api, "/v1/decide", events, HttpMethod.Post));
        Assert.NotEqual(HttpStatusCode.Forbidden, await StatusAsync(node.Api, "/v1/events", events, HttpMethod.Post));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node.Api, "/v1/events", null, HttpMethod.Post));
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/v1/decide")]
    [InlineData("/v1/events")]
    public async Task No_path_of_ours_is_served_by_the_delivery_listener(string path)
    {
        await using var node = await StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(node.Delivery, path, node.FirstKeys[0].Secret));
    }

    [Fact]
    public async Task Two_nodes_cannot_share_a_data_directory()
    {
        await using var first = await StartAsync();
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync());
        Assert.Equal(ExitCode.DataLocked, refused.Code);
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        await using var first = await StartAsync();
        var other = Directory.CreateDirectory(Path.Combine(_data, "other")).FullName;
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync($"listen.api=127.0.0.1:{first.Api.Endpoint.Port}", $"node.data={other}"));
        Assert.Equal(ExitCode.PortInUse, refused.Code);
        Assert.Contains("listen.api", refused.Message, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> StatusAsync(Listener listener, string path, string? key, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(listener.Url, path));
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var response = await _http.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private Task<MillraceNode> StartAsync(params string[] sets) => MillraceNode.StartAsync(
        new ConfigSource(
            null,
            new Dictionary<string, string>(),
            ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={_data}", "log.level=error", .. sets]),
        TimeProvider.System,
        Cancellation);
}
