using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Tests.Node;

namespace Millrace.Tests.Flywheel;

/// <summary>A running node whose policy counts what delivery costs: what its cache holds is shown first, and the decision replays when the cache holds it no more.</summary>
public sealed class DeliveryCostTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task What_the_cache_holds_costs_nothing_and_the_explanation_says_so()
    {
        await using var origin = await TestOrigin.StartAsync(
            static context =>
            {
                context.Response.Headers.CacheControl = "max-age=600";
                return context.Response.WriteAsync("body");
            },
            Cancellation);
        await using var node = await MillraceNode.StartAsync(
            new ConfigSource(
                null,
                new Dictionary<string, string>(),
                [
                    "listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={_data}", "log.level=error",
                    $"routes=[{{match: '*/*', origin: '{origin.Url}'}}]",
                    "policies={home: {candidates: [{recent: true}], heads: {cost: {external: deliveryCost}}, objectives: {cost: -1}}}",
                    "surfaces={home: {policy: home, slots: [{id: main, count: 3}]}}",
                ]),
            TimeProvider.System,
            Cancellation);
        var (admin, api) = (node.FirstKeys[0].Secret, node.FirstKeys[1].Secret);
        var items = string.Join('\n', new[] { "a", "b", "c" }.Select(id => $$"""{"id":"{{id}}","bodyUrl":"{{new Uri(node.Delivery.Url, id)}}"}"""));
        await SendAsync(node.Api, "/v1/items:batch", api, items, "application/x-ndjson");
        await _http.GetStringAsync(new Uri(node.Delivery.Url, "b"), Cancellation);
        await SettledAsync(node);
        var requests = node.Services.Delivery.Plane.Stats.OriginRequests;

        var decision = await DecideAsync(node, api);
        var shown = decision.GetProperty("slots")[0].GetProperty("items").EnumerateArray().Select(item => (item.GetProperty("id").GetString(), item.GetProperty("score").GetDouble()));
        Assert.Equal([("b", 0.0), ("a", -1.0), ("c", -1.0)], shown);
        var head = decision.GetProperty("explain").GetProperty("items")[1].GetProperty("heads")[0];
        Assert.Equal("external:deliveryCost", head.GetProperty("contributions")[0].GetProperty("feature").GetString());
        Assert.Equal(1, head.GetProperty("value").GetDouble());
        Assert.Equal(requests, node.Services.Delivery.Plane.Stats.OriginRequests);

        await _http.GetStringAsync(new Uri(node.Delivery.Url, "a"), Cancellation);
        await SettledAsync(node);
        var replayed = await ReplayAsync(node, admin, decision.GetProperty("decisionId").GetString()!);
        Assert.Equal("identical", replayed.GetProperty("verdict").GetString());
    }

    /// <summary>A client may have its last byte before the object is kept.</summary>
    private static async Task SettledAsync(MillraceNode node)
    {
        while (node.Services.Delivery.Plane.Core.Flights > 0)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Asks until the decision is in the journal: it is written behind its reply.</summary>
    private async Task<JsonElement> ReplayAsync(MillraceNode node, string key, string decision)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Admin.Url, $"/v1/decisions/{decision}/replay"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var response = await _http.SendAsync(request, Cancellation);
            if (response.StatusCode != HttpStatusCode.NotFound) return JsonElement.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancellation));
        }
    }

    /// <summary>Decides until what was put is in a snapshot that decisions read; the node's own clock freezes it.</summary>
    private async Task<JsonElement> DecideAsync(MillraceNode node, string key)
    {
        while (true)
        {
            Cancellation.ThrowIfCancellationRequested();
            var decision = await SendAsync(node.Api, "/v1/decide", key, """{"surface":"home","explain":true,"timeoutMs":1000}""");
            if (decision.GetProperty("slots")[0].GetProperty("items").GetArrayLength() == 3) return decision;
        }
    }

    private async Task<JsonElement> SendAsync(Listener listener, string path, string key, string body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(listener.Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = new StringContent(body, Encoding.UTF8, type);
        using var response = await _http.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
