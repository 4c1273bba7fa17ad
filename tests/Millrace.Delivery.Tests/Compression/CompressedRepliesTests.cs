using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Compression;

/// <summary>Compression in front of a plain origin, over real sockets.</summary>
public class CompressedRepliesTests
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 500).Select(static i => $"line {i} of a page\n"));

    [Fact]
    public async Task One_copy_is_served_in_each_coding_once_that_has_been_made()
    {
        await using var harness = await DeliveryHarness.StartAsync(PageAsync);
        Assert.Equal(Text, (await harness.GetAsync("/a", ("Accept-Encoding", "br"))).Text);
        foreach (var (accepts, coding) in (List<(string, string?)>)[("br, gzip", "br"), ("gzip", "gzip"), ("zstd;q=0.5, gzip;q=0.1", "zstd"), ("identity", null), ("br;q=0", null)])
        {
            await AssertServesAsync(harness, accepts, coding);
        }

        Assert.Equal(1, harness.OriginRequests);
    }

    [Fact]
    public async Task An_origin_that_codes_by_itself_is_asked_for_one_plain_copy_where_the_route_says_so()
    {
        ConcurrentQueue<string> asked = new();
        await using var harness = await DeliveryHarness.StartAsync(context =>
        {
            asked.Enqueue($"{context.Request.Method} {context.Request.Headers.AcceptEncoding}");
            context.Response.Headers.Vary = "Accept-Encoding";
            return PageAsync(context);
        });
        harness.Plane.Core.Routes = RouteTable.Create([new Route("127.0.0.1/*", harness.Origin, Contract.Available) { AskPlain = true }]);
        await harness.GetAsync("/a", ("Accept-Encoding", "br"));
        await AssertServesAsync(harness, "gzip", "gzip");
        Assert.Equal("GET identity", Assert.Single(asked));
        asked.Clear();
        using (await harness.SendAsync(HttpMethod.Post, "/a", new StringContent("x"), ("Accept-Encoding", "br, gzip;q=0.5")))
        {
        }

        // What passes the cache keeps the client's wish.
        Assert.Equal("POST br,gzip;q=0.5", Assert.Single(asked).Replace(", ", ",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_route_that_does_not_compress_changes_nothing()
    {
        await using var harness = await DeliveryHarness.StartAsync(PageAsync);
        harness.Plane.Core.Routes = RouteTable.Create([new Route("127.0.0.1/*", harness.Origin, Contract.Available) { Compress = false }]);
        await harness.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var hit = await harness.GetAsync("/a", ("Accept-Encoding", "gzip"));
        Assert.Equal((Text, false, false), (hit.Text, hit.Headers.ContainsKey("Content-Encoding"), hit.Headers.ContainsKey("Vary")));
        Assert.Equal(0, harness.Plane.Core.Converter.Made);
    }

    [Fact]
    public async Task Validators_find_a_conversion_and_ranges_are_of_the_object_as_held()
    {
        await using var harness = await DeliveryHarness.StartAsync(PageAsync);
        await harness.GetAsync("/a");
        var coded = await AssertServesAsync(harness, "gzip", "gzip");
        Assert.Equal("W/\"v1\"", coded.Headers["ETag"]);
        Assert.Equal("Accept-Encoding", coded.Headers["Vary"]);
        var validated = await harness.GetAsync("/a", ("Accept-Encoding", "gzip"), ("If-None-Match", "W/\"v1\""));
        Assert.Equal((304, "W/\"v1\""), (validated.Status, validated.Headers["ETag"]));
        var part = await harness.GetAsync("/a", ("Accept-Encoding", "gzip"), ("Range", "bytes=5-9"));
        Assert.Equal((206, Text[5..10], "\"v1\""), (part.Status, part.Text, part.Headers["ETag"]));
        var joined = await harness.GetAsync("/a", ("Accept-Encoding", "gzip"), ("Range", "bytes=5-9"), ("If-Range", "W/\"v1\""));
        Assert.Equal((200, Text), (joined.Status, joined.Text));
    }

    [Fact]
    public async Task A_client_that_cannot_read_what_the_origin_coded_gets_it_plain()
    {
        await using var harness = await DeliveryHarness.StartAsync(async context =>
        {
            using MemoryStream coded = new();
            await using (GZipStream gzip = new(coded, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(System.Text.Encoding.ASCII.GetBytes(Text));
            }

            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.ContentType = "text/html";
            await context.Response.Body.WriteAsync(coded.ToArray(), context.RequestAborted);
        });
        await harness.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var plain = await harness.GetAsync("/a");
        Assert.False(plain.Headers.ContainsKey("Content-Encoding"));
        Assert.Equal(Text, plain.Text);
        Assert.Equal("gzip", (await harness.GetAsync("/a", ("Accept-Encoding", "gzip"))).Headers["Content-Encoding"]);
        Assert.Equal(1, harness.OriginRequests);
    }

    [Fact]
    public async Task No_transform_on_either_side_is_obeyed()
    {
        await using var harness = await DeliveryHarness.StartAsync(PageAsync);
        await harness.GetAsync("/a");
        await AssertServesAsync(harness, "gzip", "gzip");
        Assert.False((await harness.GetAsync("/a", ("Accept-Encoding", "gzip"), ("Cache-Control", "no-transform"))).Headers.ContainsKey("Content-Encoding"));
        await harness.GetAsync("/no-transform", ("Accept-Encoding", "gzip"));
        var kept = await harness.GetAsync("/no-transform", ("Accept-Encoding", "gzip"));
        Assert.False(kept.Headers.ContainsKey("Content-Encoding"));
        Assert.False(kept.Headers.ContainsKey("Vary"));
    }

    private static Task PageAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = context.Request.Path == "/no-transform" ? "max-age=60, no-transform" : "max-age=60";
        context.Response.Headers.ETag = "\"v1\"";
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(Text);
    }

    /// <summary>Asks until the conversion, which is made behind, is there; checks what it unfolds to.</summary>
    private static async Task<Reply> AssertServesAsync(DeliveryHarness harness, string accepts, string? coding)
    {
        while (true)
        {
            var reply = await harness.GetAsync("/a", ("Accept-Encoding", accepts));
            if (reply.Headers.GetValueOrDefault("Content-Encoding") == coding)
            {
                Assert.Equal(Text, Unfold(reply.Body, coding));
                Assert.True(coding is null || reply.Body.Length < Text.Length / 2);
                return reply;
            }

            Assert.Equal(Text, reply.Text);
        }
    }

    private static string Unfold(byte[] body, string? coding)
    {
        using MemoryStream source = new(body);
        using Stream plain = coding switch
        {
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "zstd" => new ZstdSharp.DecompressionStream(source),
            _ => source,
        };
        using StreamReader reader = new(plain);
        return reader.ReadToEnd();
    }
}
