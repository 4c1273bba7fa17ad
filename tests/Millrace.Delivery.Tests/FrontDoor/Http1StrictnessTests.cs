namespace Millrace.Delivery.Tests;

/// <summary>What Kestrel, or another proxy, was measured to let through (PLATFORM "Front door"), on raw sockets.</summary>
public class Http1StrictnessTests
{
    public static TheoryData<string, int> Refused => new()
    {
        { "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\u0001b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\u007fb HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\u00e9 HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a/%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a/..%2fb HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\nHost: h\n\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX(y): b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nX y: b\r\n\r\n", 400 },
        { "G(T /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "get /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", 405 },
        { "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 405 },
        { "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "GET /a\r\n\r\n", 400 },
        { "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", 505 },
        { "GET /a HTTP/1.1\r\n\r\n", 400 },
        { "GET /a HTTP/1.0\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h, i\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h/b\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400 },
        { "GET http://other/a HTTP/1.1\r\nHost: h\r\nHost: other\r\n\r\n", 400 },
        { "GET https://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", 501 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Host\r\n\r\n", 400 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", 417 },
        { $"GET /{new string('a', 33_000)} HTTP/1.1\r\nHost: h\r\n\r\n", 414 },
        { $"GET /a HTTP/1.1\r\nHost: h\r\nX: {new string('a', 33_000)}\r\n\r\n", 431 },
        { $"GET /a HTTP/1.1\r\nHost: h\r\n{string.Concat(Enumerable.Repeat("X: a\r\n", 101))}\r\n", 431 },
        { "\u0016\u0003\u0001\u0002\u0000\u0001\n", 400 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Malformed_request_is_refused_the_connection_ends_and_the_origin_hears_nothing(string request, int status)
    {
        var asked = 0;
        await using var door = await Door.OpenAsync(new RawOrigin((_, stream) =>
        {
            asked++;
            return RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }));
        using var client = await door.ConnectAsync();
        await client.SendAsync(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
        var refused = await client.ReadAsync();
        Assert.Equal((status, true), (refused!.Status, refused.Closes));
        Assert.Equal("", await client.RestAsync());
        Assert.Equal(0, asked);
    }
}
