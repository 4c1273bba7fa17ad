using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

/// <summary>What an origin sees of a request, and what is made of origins that misbehave.</summary>
public class UpstreamTests
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Field_that_connection_strips_selects_no_variant()
    {
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Accept-Language";
            await context.Response.WriteAsync("in " + context.Request.Headers.AcceptLanguage);
        });
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(edge.Edge.Host, edge.Edge.Port, Now);
            await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET /a HTTP/1.1\r\nHost: {edge.Edge.Authority}\r\nConnection: close, Accept-Language\r\nAccept-Language: de\r\n\r\n"), Now);
            using var reader = new StreamReader(socket.GetStream(), Encoding.Latin1);
            await reader.ReadToEndAsync(Now);
        }

        Assert.Equal("in de", (await edge.GetAsync("/a", ("Accept-Language", "de"))).Text);
        Assert.Equal("in ", (await edge.GetAsync("/a")).Text);
        Assert.Equal(2, edge.OriginRequests);
    }

    [Fact]
    public void Vary_over_fields_that_the_proxy_writes_keeps_clients_apart()
    {
        HeaderList response = new();
        response.Add("Vary", "X-Forwarded-For, Range");
        var alice = Upstream(Request("GET", "10.0.0.1"));
        var bob = Upstream(Request("GET", "10.0.0.2"));
        var key = Millrace.Delivery.Keys.VaryKey.Of(response, alice.Headers);
        Assert.True(key.Matches(alice.Headers));
        Assert.False(key.Matches(bob.Headers));
        Assert.DoesNotContain("range", key.Names);
    }

    [Theory]
    [InlineData("Forwarded", "GET", true)]
    [InlineData("X-Forwarded-Port", "GET", true)]
    [InlineData("x-forwarded-prefix", "POST", true)]
    [InlineData("X_Forwarded_Server", "GET", true)]
    [InlineData("X-Original-URL", "GET", true)]
    [InlineData("X-Rewrite-URL", "GET", true)]
    [InlineData("X-Host", "GET", true)]
    [InlineData("X-HTTP-Method-Override", "GET", true)]
    [InlineData("X-HTTP-Method-Override", "POST", false)]
    [InlineData("X_Forwarded_For", "GET", true)]
    [InlineData("X-Custom", "GET", false)]
    public void Fields_that_override_the_key_stay_here(string name, string method, bool dropped)
    {
        var request = Request(method);
        request.Headers.Add(name, "evil");
        Assert.Equal(dropped, Upstream(request).Headers.First(name) != "evil");
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("Get")]
    [InlineData("trace")]
    public async Task Known_method_in_other_letters_is_refused(string method)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(edge, $"{method} /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(0, edge.OriginRequests);
    }

    [Fact]
    public async Task Punycode_that_stands_for_nothing_is_a_bad_request()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        Assert.StartsWith("HTTP/1.1 4", await RawAsync(edge, "GET /a HTTP/1.1\r\nHost: xn--a\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unsafe_request_without_body_is_sent_once_to_an_origin_that_closes()
    {
        ConcurrentQueue<string> seen = new();
        await using var origin = new RawOrigin(async (head, stream) =>
        {
            seen.Enqueue(head);
            if (head.StartsWith("POST", StringComparison.Ordinal))
            {
                stream.Socket.Close();
                return;
            }

            await SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n");
        });
        await using var edge = await BeforeAsync(origin.Address);

        // The first request leaves a connection in the pool, for which the client would try again.
        await edge.GetAsync("/warm");
        using var posted = await edge.SendAsync(HttpMethod.Post, "/pay", null);
        Assert.Equal(502, (int)posted.StatusCode);
        Assert.Single(seen, head => head.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Length_beside_chunks_is_not_forwarded()
    {
        await using var origin = new RawOrigin((_, stream) =>
            SayAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nCache-Control: max-age=60\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
        await using var edge = await BeforeAsync(origin.Address);
        Assert.Equal("hello", (await edge.GetAsync("/a")).Text);
        var hit = await edge.GetAsync("/a");
        Assert.Equal(("hello", "5"), (hit.Text, hit.Headers["Content-Length"]));
    }

    [Fact]
    public async Task Upload_may_take_longer_than_the_response_may()
    {
        TaskCompletionSource first = new(), more = new();
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                var buffer = new byte[4];
                await context.Request.Body.ReadExactlyAsync(buffer);
                first.SetResult();
                await context.Request.Body.CopyToAsync(Stream.Null);
                await context.Response.WriteAsync("all here");
            },
            new DeliveryOptions { ResponseTimeout = TimeSpan.FromSeconds(60), BodyIdleTimeout = TimeSpan.FromHours(1) },
            door: new FrontDoorOptions { SlowGrace = TimeSpan.FromHours(1) });
        using var slow = new PacedContent(more.Task);
        var sent = edge.SendAsync(HttpMethod.Post, "/upload", slow);
        await first.Task;
        edge.Time.Advance(TimeSpan.FromMinutes(10));
        more.SetResult();
        using var response = await sent;
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Silent_origin_times_out_as_504()
    {
        TaskCompletionSource asked = new(), never = new();
        await using var edge = await DeliveryHarness.StartAsync(async _ =>
        {
            asked.SetResult();
            await never.Task;
        });
        var request = edge.GetAsync("/a");
        await asked.Task;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(504, (await request).Status);
        never.SetResult();
    }

    [Fact]
    public async Task Too_large_an_upload_is_the_clients_fault()
    {
        await using var edge = await DeliveryHarness.StartAsync(async context => await context.Request.Body.CopyToAsync(Stream.Null), door: new FrontDoorOptions { MaxBodyBytes = 1_000 });
        using var posted = await edge.SendAsync(HttpMethod.Post, "/a", new ByteArrayContent(new byte[5_000]));
        Assert.Equal(413, (int)posted.StatusCode);
        Assert.Equal(DeliveryReason.BodyTooLarge, (await edge.RecordAsync()).Reason);
    }

    [Fact]
    public async Task Tls_is_spoken_under_the_origins_own_name()
    {
        TaskCompletionSource<string> name = new();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = Task.Run(
            async () =>
            {
                using var client = await listener.AcceptTcpClientAsync(Now);
                await using var tls = new SslStream(client.GetStream());
                await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsServerAsync(
                    (_, hello, _, _) =>
                    {
                        name.SetResult(hello.ServerName);
                        return ValueTask.FromException<SslServerAuthenticationOptions>(new InvalidOperationException("no certificate"));
                    },
                    null,
                    Now));
            },
            Now);
        await using var edge = await BeforeAsync(new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        var reply = await edge.GetAsync("/a", ("Host", "victim.example"));
        Assert.Equal(("localhost", 502), (await name.Task.WaitAsync(TimeSpan.FromSeconds(20), Now), reply.Status));
        await accepted;
    }

    [Fact]
    public async Task Head_does_not_wait_for_the_body()
    {
        TaskCompletionSource rest = new();
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            context.Response.Headers.CacheControl = context.Request.Path == "/pass" ? "no-store" : "max-age=60";
            await context.Response.Body.FlushAsync();
            await rest.Task;
            await context.Response.WriteAsync("late");
        });
        using var shared = await edge.SendAsync("/a");
        using var passed = await edge.SendAsync("/pass");
        Assert.False(rest.Task.IsCompleted);
        rest.SetResult();
        Assert.Equal("late", (await Reply.OfAsync(shared)).Text);
        Assert.Equal("late", (await Reply.OfAsync(passed)).Text);
    }

    [Theory]
    [InlineData("HEAD", "", "Millrace; fwd=uri-miss; fwd-status=200; detail=head")]
    [InlineData("GET", "bytes=-1", "Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60")]
    [InlineData("GET", "items=1-2", "Millrace; fwd=uri-miss; fwd-status=200; detail=range")]
    [InlineData("POST", "", "Millrace; fwd=method; fwd-status=200; detail=method")]
    public async Task Pass_says_why_and_what_came(string method, string range, string status)
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        using var response = await edge.SendAsync(new HttpMethod(method), "/a", null, range.Length > 0 ? [("Range", range)] : []);
        Assert.Equal(status, response.Headers.GetValues("Cache-Status").Single());
    }

    [Fact]
    public async Task Fresh_copy_that_a_request_refuses_is_forwarded_by_request()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60", etag: "\"v1\""));
        await edge.GetAsync("/a");
        Assert.Contains("fwd=request; fwd-status=304", (await edge.GetAsync("/a", ("Cache-Control", "no-cache"))).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/b")]
    [InlineData("b")]
    [InlineData("http://AUTHORITY/b")]
    public async Task Location_of_a_successful_post_is_voided(string location)
    {
        await using var edge = await DeliveryHarness.StartAsync(async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                context.Response.Headers.Location = location.Replace("AUTHORITY", context.Request.Host.Value, StringComparison.Ordinal);
                context.Response.StatusCode = 201;
                return;
            }

            await CachingTests.Page("max-age=60")(context);
        });
        await edge.GetAsync("/b");
        await edge.GetAsync("/other");
        using var posted = await edge.SendAsync(HttpMethod.Post, "/a", null);
        Assert.Equal(1, edge.Plane.Stats.Objects);
        Assert.StartsWith("Millrace; fwd=uri-miss", (await edge.GetAsync("/b")).CacheStatus, StringComparison.Ordinal);
    }

    private static DeliveryRequest Request(string method, string? client = null)
    {
        DeliveryRequest request = new() { Client = client };
        request.SetMethod(Encoding.Latin1.GetBytes(method));
        request.SetAuthority("h"u8);
        request.SetTarget("/"u8);
        return request;
    }

    private static UpstreamRequest Upstream(DeliveryRequest request)
    {
        UpstreamFields.Strip(request);
        return UpstreamRequest.Of(request, request.Target, new UpstreamFields(request, "edge"));
    }

    private static async Task<DeliveryHarness> BeforeAsync(Uri origin)
    {
        var edge = await DeliveryHarness.StartAsync(static _ => Task.CompletedTask);
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("*/*", origin, Contract.Available)]));
        return edge;
    }

    private static async Task SayAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Now);

    private static async Task<string> RawAsync(DeliveryHarness edge, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(edge.Edge.Host, edge.Edge.Port, Now);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Now);
        var buffer = new byte[64];
        var read = await socket.GetStream().ReadAtLeastAsync(buffer, 12, false, Now);
        return Encoding.Latin1.GetString(buffer, 0, read);
    }

    /// <summary>Four bytes now, four when told.</summary>
    private sealed class PacedContent(Task more) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("abcd"u8.ToArray(), Now);
            await stream.FlushAsync(Now);
            await more;
            await stream.WriteAsync("efgh"u8.ToArray(), Now);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 8;
            return true;
        }
    }
}
