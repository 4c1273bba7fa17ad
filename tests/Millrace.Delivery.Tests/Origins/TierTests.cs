using System.Net;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>Planes in a row over real sockets: edge, shield, origin.</summary>
public class TierTests
{
    [Fact]
    public async Task Edges_share_what_their_shield_has()
    {
        await using var shield = await ShieldAsync(Page);
        await using var first = await EdgeAsync("edge-1", shield);
        await using var second = await EdgeAsync("edge-2", shield);
        var miss = await first.GetAsync("/a");
        shield.Time.Advance(TimeSpan.FromSeconds(7));
        second.Time.Advance(TimeSpan.FromSeconds(7));
        var shared = await second.GetAsync("/a", ("Host", first.Edge.Authority));
        Assert.Equal(1, shield.OriginRequests);
        Assert.Equal((miss.Text, "7"), (shared.Text, shared.Headers["Age"]));

        // The order of RFC 9211 §2: nearest the origin first.
        Assert.Equal("Millrace; hit; ttl=53, Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=53", shared.CacheStatus);
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60, Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60", miss.CacheStatus);
        Assert.Contains("hit", (await second.GetAsync("/a", ("Host", first.Edge.Authority))).CacheStatus[^30..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_meant_for_caches_of_a_network_reaches_the_inner_tier()
    {
        await using var shield = await ShieldAsync(static context =>
        {
            context.Response.Headers.CacheControl = "max-age=1";
            context.Response.Headers["CDN-Cache-Control"] = "max-age=600";
            context.Response.Headers["Surrogate-Key"] = "front";
            return context.Response.WriteAsync("page");
        });
        await using var edge = await EdgeAsync("edge", shield);
        Assert.Equal("600", TimeToLive(await edge.GetAsync("/a")));
        Assert.Equal(1, edge.Plane.Purge(new Millrace.Delivery.Purge.PurgeRequest { Keys = ["front"] }));
    }

    [Fact]
    public async Task Origin_is_asked_when_no_shield_answers()
    {
        await using var shield = await ShieldAsync(Page);
        await using var edge = await EdgeAsync("edge", shield, shields: new ShieldOptions { Name = "s", Members = [new(new Uri("http://127.0.0.1:1"))] });
        Assert.Equal(200, (await edge.GetAsync("/a")).Status);
        Assert.Equal(1, edge.Plane.Origins.Tiers.Single().Fallbacks);
        using var posted = await edge.SendAsync(HttpMethod.Post, "/b", null);
        Assert.Equal(200, (int)posted.StatusCode);
    }

    [Fact]
    public async Task Origin_is_asked_when_the_shields_budget_is_spent()
    {
        TaskCompletionSource asked = new();
        await using RawOrigin silent = new((_, _) =>
        {
            asked.TrySetResult();
            return Task.CompletedTask;
        });
        await using var origin = await ShieldAsync(Page);
        await using var edge = await EdgeAsync("edge", origin, shields: new ShieldOptions { Name = "s", Members = [new(silent.Address)], Budget = TimeSpan.FromSeconds(2) });
        var reply = edge.GetAsync("/a");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        edge.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await reply).Status);
        Assert.Equal(1, edge.Plane.Origins.Tiers.Single().Fallbacks);
    }

    [Fact]
    public async Task Node_that_is_its_own_shield_asks_the_origin_itself()
    {
        await using var node = await DeliveryHarness.StartAsync(Page, new DeliveryOptions { Instance = "one" });
        node.Plane.UpdateRoutes(RouteTable.Create([new Route("*/*", node.Origin, Contract.Available) { Shields = new ShieldOptions { Name = "s", Members = [new(node.Edge)] } }]));
        Assert.Equal(200, (await node.GetAsync("/a")).Status);
        Assert.Equal(200, (await node.GetAsync("/b")).Status);
        Assert.Equal(2, node.OriginRequests);

        // It found out once, and asks again after a while: the address may be another's by then.
        Assert.Equal(1, node.Plane.Origins.Tiers.Single().Members[0].Requests);
        node.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, (await node.GetAsync("/c")).Status);
        Assert.Equal(2, node.Plane.Origins.Tiers.Single().Members[0].Requests);
    }

    [Fact]
    public async Task Loop_that_an_origin_finds_is_its_own_answer_and_says_nothing_of_the_shield()
    {
        await using var shield = await ShieldAsync(static context =>
        {
            // As an origin would say that has seen ours.
            context.Response.StatusCode = 508;
            context.Response.Headers["Cache-Status"] = "Millrace; detail=loop";
            context.Response.Headers["Millrace-Tier"] = "loop";
            return Task.CompletedTask;
        });
        await using var edge = await EdgeAsync("edge", shield);
        Assert.Equal(508, (await edge.GetAsync("/a")).Status);
        Assert.Equal(508, (await edge.GetAsync("/b")).Status);
        var tier = edge.Plane.Origins.Tiers.Single();
        Assert.Equal((2, 0), (tier.Members[0].Requests, tier.Fallbacks));
    }

    [Fact]
    public async Task Nodes_of_one_name_in_a_row_are_no_loop_and_a_circle_is_one()
    {
        await using var shield = await ShieldAsync(Page);
        await using var edge = await EdgeAsync("edge", shield);
        Assert.Equal(200, (await edge.GetAsync("/a")).Status);
        Assert.Equal(508, (await edge.GetAsync("/b", ("CDN-Loop", "Millrace; node=other, Millrace; node=edge"))).Status);
        Assert.Equal(508, (await edge.GetAsync("/b", ("CDN-Loop", "Millrace"))).Status);
        Assert.Equal(200, (await edge.GetAsync("/b", ("CDN-Loop", "Millrace; node=elsewhere, another; node=edge"))).Status);
    }

    [Fact]
    public async Task Client_that_names_the_shield_in_CDN_Loop_does_not_have_it_left_out()
    {
        await using var shield = await ShieldAsync(Page);
        await using var edge = await EdgeAsync("edge", shield);
        Assert.Equal(200, (await edge.GetAsync("/a", ("CDN-Loop", "Millrace; node=shield"))).Status);
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60, Millrace; fwd=uri-miss; fwd-status=200; stored; ttl=60", (await edge.GetAsync("/b")).CacheStatus);
    }

    [Fact]
    public async Task Shield_keeps_apart_what_came_by_https_only_on_the_word_of_a_peer()
    {
        await using var trusting = await ShieldAsync(SchemeOf, peers: "127.0.0.0/8");
        await using var wary = await ShieldAsync(SchemeOf, peers: "10.0.0.0/8");
        (string, string)[] fields = [("Millrace-Tier", "timeout-ms=1000"), ("X-Forwarded-Proto", "https")];
        Assert.Equal("https", (await trusting.GetAsync("/a", fields)).Text);
        Assert.Equal("http", (await trusting.GetAsync("/a")).Text);
        Assert.Equal("http", (await wary.GetAsync("/a", fields)).Text);
        Assert.Equal((2, 1), (trusting.OriginRequests, wary.OriginRequests));
    }

    [Fact]
    public async Task Deadline_goes_to_the_shield_and_no_further()
    {
        var seen = "";
        await using RawOrigin shield = new((head, stream) =>
        {
            seen = head;
            return stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray()).AsTask();
        });
        await using var inner = await ShieldAsync(Page);
        await using var edge = await EdgeAsync("edge", inner, shields: new ShieldOptions { Name = "s", Members = [new(shield.Address)], Budget = TimeSpan.FromSeconds(4) });
        await edge.GetAsync("/a");
        Assert.Contains("\r\nMillrace-Tier: timeout-ms=4000\r\n", seen, StringComparison.Ordinal);
        Assert.Contains("\r\nCDN-Loop: Millrace; node=edge\r\n", seen, StringComparison.Ordinal);

        DeliveryRequest request = new();
        request.Headers.Add("Millrace-Tier", "timeout-ms=250");
        Assert.Equal(TimeSpan.FromMilliseconds(250), TierField.Take(request.Headers)!.Value.Timeout);
        Assert.Equal(0, request.Headers.Count);
        Assert.Null(TierField.Take(request.Headers));
    }

    [Fact]
    public async Task Request_that_passes_is_given_no_longer_than_its_sender_waits()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource never = new();
        await using var shield = await ShieldAsync(async _ =>
        {
            asked.TrySetResult();
            await never.Task;
        });
        var reply = shield.SendAsync(HttpMethod.Post, "/a", null, ("Millrace-Tier", "timeout-ms=1500"));
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        shield.Time.Advance(TimeSpan.FromSeconds(2));
        using var response = await reply;
        Assert.Equal(504, (int)response.StatusCode);
        never.SetResult();
    }

    [Fact]
    public async Task Interim_responses_and_trailers_pass_through()
    {
        await using RawOrigin origin = new((_, stream) => stream.WriteAsync(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"u8.ToArray()).AsTask());
        await using var edge = await ShieldAsync(Page);
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("*/*", origin.Address, Contract.Available)]));
        using System.Net.Sockets.TcpClient client = new();
        await client.ConnectAsync(edge.Edge.Host, edge.Edge.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using StreamReader reader = new(client.GetStream(), System.Text.Encoding.Latin1);
        var said = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 103", said, StringComparison.Ordinal);
        Assert.Contains("\r\nLink: </x>\r\n", said, StringComparison.Ordinal);
        Assert.EndsWith("\r\n0\r\nX-Sum: 1\r\n\r\n", said, StringComparison.Ordinal);
    }

    private static string TimeToLive(Reply reply) => reply.CacheStatus.Split("ttl=")[^1].Split(';')[0];

    private static Task Page(HttpContext context)
    {
        context.Response.Headers.CacheControl = "max-age=60";
        return context.Response.WriteAsync("page " + context.Request.Path);
    }

    private static Task SchemeOf(HttpContext context)
    {
        context.Response.Headers.CacheControl = "max-age=60";
        return context.Response.WriteAsync(context.Request.Headers["X-Forwarded-Proto"].ToString());
    }

    private static Task<DeliveryHarness> ShieldAsync(RequestDelegate origin, string? peers = null) =>
        DeliveryHarness.StartAsync(origin, new DeliveryOptions { Instance = "shield", Peers = peers is null ? [] : [IPNetwork.Parse(peers)] });

    /// <summary>An edge whose routes lead to the shield, and to its origin.</summary>
    private static async Task<DeliveryHarness> EdgeAsync(string instance, DeliveryHarness shield, ShieldOptions? shields = null)
    {
        var edge = await DeliveryHarness.StartAsync(Page, new DeliveryOptions { Instance = instance });
        edge.Plane.UpdateRoutes(RouteTable.Create(
            [new Route("*/*", shield.Origin, Contract.Available) { Shields = shields ?? new ShieldOptions { Name = "shields", Members = [new OriginMember(shield.Edge)] } }]));
        return edge;
    }
}
