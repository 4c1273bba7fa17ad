using System.Collections.Concurrent;

namespace Millrace.Delivery.Tests;

public class SmugglingTests
{
    /// <summary>Requests whose end two recipients may see in two places, each followed by one that must stay what it is.</summary>
    public static TheoryData<string, int> Requests => new()
    {
        // What is well formed passes, framed anew, and the next request is the client's own.
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 37\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\nxx", 2 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n23\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n\r\n0\r\n\r\n", 2 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 2 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: GET /smuggled HTTP/1.1\r\n\r\n", 2 },

        // CL.TE, TE.CL, TE.TE and their like end the connection.
        { "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 0 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n23\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n\r\n0\r\n\r\n", 0 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: x\r\n\r\n0\r\n\r\n", 0 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nX: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0 },
        { "POST /a HTTP/1.1\r\nHost: h\r\nX: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
        { "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Content-Length\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
        { "GET /a\rHTTP/1.1\rHost: x\r\nHost: h\r\n\r\n", 0 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Origin_sees_exactly_the_requests_that_were_keyed(string request, int expected)
    {
        ConcurrentQueue<string> seen = new();
        await using var door = await Door.OpenAsync(new RawOrigin(async (head, stream) =>
        {
            await RawOrigin.ReadBodyAsync(head, stream);
            var target = head.Split(' ')[1];
            seen.Enqueue(target);
            await RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {target.Length}\r\n\r\n{target}");
        }));
        using var client = await door.ConnectAsync();
        await client.SendAsync(request);
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        var first = await client.ReadAsync();
        if (expected == 0)
        {
            Assert.Equal((400, true), (first!.Status, first.Closes));
            Assert.Equal("", await client.RestAsync());
            Assert.Empty(seen);
            return;
        }

        Assert.Equal((200, "/a"), (first!.Status, first.Body));
        var next = await client.ReadAsync();
        Assert.Equal((200, "/next"), (next!.Status, next.Body));
        Assert.Equal(["/a", "/next"], seen);

        // What is stored under the next one's key is its own, whoever asks.
        using var other = await door.ConnectAsync();
        await other.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal("/next", (await other.ReadAsync())!.Body);
        Assert.Equal(2, seen.Count);
    }
}
