using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests;

public class FrontDoorTests
{
    [Theory]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a\\b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a/../b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a/%2E%2e/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a\u0001b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a\rb HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /a HTTP/1.1\nHost: 127.0.0.1\n\n")]
    [InlineData("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\u0001b\r\n\r\n")]
    [InlineData("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX(y): b\r\n\r\n")]
    [InlineData("G(T /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("TRACE /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /a HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task Malformed_request_is_refused_and_never_reaches_the_origin(string request)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        using var socket = new TcpClient();
        await socket.ConnectAsync(edge.Edge.Host, edge.Edge.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        var read = await stream.ReadAtLeastAsync(buffer, 12, false, TestContext.Current.CancellationToken);
        Assert.Matches("^HTTP/1\\.1 40[05]", Encoding.Latin1.GetString(buffer, 0, read));
        Assert.Equal(0, edge.OriginRequests);
    }

    [Fact]
    public async Task Latin_1_values_and_duplicates_pass_both_ways()
    {
        string[] seen = [];
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            seen = context.Request.Headers["X-In"].ToArray()!;
            context.Response.Headers["X-Out"] = new(["caf\u00e9", "b"]);
            return CachingTests.Page("no-store")(context);
        });
        using var socket = new TcpClient();
        await socket.ConnectAsync(edge.Edge.Host, edge.Edge.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-In: caf\u00e9\r\nX-In: b\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var reply = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("caf\u00e9b", string.Concat(seen).Replace(", ", "", StringComparison.Ordinal));
        Assert.Contains("X-Out: caf\u00e9\r\nX-Out: b\r\n", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_2_without_tls_is_served_from_the_same_store()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        foreach (var mark in (string[])["fwd=uri-miss", "hit"])
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(edge.Edge, "/a")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await edge.Client.SendAsync(message, TestContext.Current.CancellationToken);
            var reply = await Reply.OfAsync(response);
            Assert.Equal((200, true), (reply.Status, reply.CacheStatus.Contains(mark, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Request_that_passed_here_before_is_a_loop()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        Assert.Equal(508, (await edge.GetAsync("/a", ("CDN-Loop", "other, millrace; v=1"))).Status);
        Assert.Equal(0, edge.OriginRequests);
    }

    [Fact]
    public async Task Stored_response_answers_conditions_ranges_and_head()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60", etag: "\"v1\""));
        var whole = await edge.GetAsync("/a");
        Assert.Equal(304, (await edge.GetAsync("/a", ("If-None-Match", "\"x,y\", W/\"v1\""))).Status);
        Assert.Equal(200, (await edge.GetAsync("/a", ("If-None-Match", "\"v2\""))).Status);
        var part = await edge.GetAsync("/a", ("Range", "bytes=5-9"));
        Assert.Equal((206, $"bytes 5-9/{whole.Body.Length}"), (part.Status, part.Headers["Content-Range"]));
        Assert.Equal(whole.Body[5..10], part.Body);
        Assert.Equal(416, (await edge.GetAsync("/a", ("Range", "bytes=99999-"))).Status);
        Assert.Equal(200, (await edge.GetAsync("/a", ("Range", "bytes=5-9"), ("If-Range", "\"v2\""))).Status);
        using var head = await edge.SendAsync(HttpMethod.Head, "/a", null);
        Assert.Equal(whole.Body.Length, head.Content.Headers.ContentLength);
        Assert.Equal(504, (await edge.GetAsync("/b", ("Cache-Control", "only-if-cached"))).Status);
        Assert.Equal(1, edge.OriginRequests);
    }
}
