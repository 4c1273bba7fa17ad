using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Flywheel;

/// <summary>
/// Decisions taken over HTTP from a running node, with items, clicks and a restart between, are all computed again from the journal; every other one by a policy that draws
/// posteriors, filters, constrains and explores at once. 400 of them in the suite; MILLRACE_REPLAY_DECISIONS=10000 runs the long version.
/// </summary>
public sealed class ReplayAcrossRestartTests : IDisposable
{
    private const int Items = 120;
    private const int ClickEvery = 3;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Decisions => int.Parse(Environment.GetEnvironmentVariable("MILLRACE_REPLAY_DECISIONS") ?? "400", CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Every_decision_replays_identical_across_a_restart()
    {
        var ids = new List<string>();
        string api, admin;
        await using (var node = await StartAsync())
        {
            (admin, api) = (node.FirstKeys[0].Secret, node.FirstKeys[1].Secret);
            await PutItemsAsync(node, api);
            await DecideAsync(node, api, ids, Decisions / 2);
        }

        await using var again = await StartAsync();
        await DecideAsync(again, api, ids, Decisions - ids.Count);

        // A stop flushes what is written behind; here the second half is still being written when the first half is replayed.
        var verdicts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var verdict = await ReplayAsync(again, admin, id);
            verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", verdicts.Select(pair => $"{pair.Value} {pair.Key}")));
        Assert.Equal(Decisions, verdicts.GetValueOrDefault("identical"));
    }

    private static async Task<string> RequireAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {body}");
        return body;
    }

    private async Task PutItemsAsync(MillraceNode node, string key)
    {
        var lines = Enumerable.Range(0, Items).Select(i => $$"""{"id":"item-{{i}}","kind":"article","provider":"p{{i % 7}}","bodyUrl":"http://news.example/{{i}}","attributes":{"market":["m{{i % 3}}"],"topic":["t{{i % 5}}"]} }""");
        using var response = await SendAsync(node.Api, "/v1/items:batch", key, string.Join('\n', lines), "application/x-ndjson");
        await RequireAsync(response, HttpStatusCode.OK);
    }

    private async Task DecideAsync(MillraceNode node, string key, List<string> ids, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var session = "s" + (ids.Count % 50);
            using var response = await SendAsync(node.Api, "/v1/decide", key, $$"""{"surface":"{{(i % 2 == 0 ? "home" : "all")}}","session":"{{session}}","context":{"country":"c{{i % 4}}"} }""");
            using var decision = JsonDocument.Parse(await RequireAsync(response, HttpStatusCode.OK));
            var id = decision.RootElement.GetProperty("decisionId").GetString()!;
            ids.Add(id);
            if (i % ClickEvery == 0 && decision.RootElement.GetProperty("slots")[0].GetProperty("items") is var items && items.GetArrayLength() > 0)
            {
                var item = items[i % items.GetArrayLength()].GetProperty("id").GetString();
                using var click = await SendAsync(
                    node.Api, "/v1/events", key, $$"""{"events":[{"id":"click-{{id}}","type":"click","decisionId":"{{id}}","item":"{{item}}","session":"{{session}}"}]}""");
                await RequireAsync(click, HttpStatusCode.Accepted);
            }
        }
    }

    private async Task<string> ReplayAsync(MillraceNode node, string key, string id)
    {
        using var response = await SendAsync(node.Admin, $"/v1/decisions/{id}/replay", key, "");
        using var verdict = JsonDocument.Parse(await RequireAsync(response, HttpStatusCode.OK));
        return verdict.RootElement.GetProperty("verdict").GetString()!;
    }

    private async Task<HttpResponseMessage> SendAsync(Listener listener, string path, string key, string body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(listener.Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = new StringContent(body, Encoding.UTF8, type);
        return await _http.SendAsync(request, Cancellation);
    }

    private Task<MillraceNode> StartAsync() => MillraceNode.StartAsync(
        new ConfigSource(
            null,
            new Dictionary<string, string>(),
            [
                "listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={_data}", "log.level=error",
                "features=[{name: clicks_1h, entity: item, count: click, window: 1h}, {name: decided_1h, entity: item, count: impression, window: 1h}]",
                "policies={home: {candidates: [{popular: 1h, take: 100}, {recent: true, take: 100}, {similar: true, take: 40}], blend: {clicks_1h: 1}, "
                    + "explore: {epsilon: 0.1, top: 20}, atMost: {provider: 2}, segment: country}, "
                    + "all: {candidates: [{popular: 1h, take: 60}, {trending: 1h, take: 20}, {new: 24h, trials: decided_1h, take: 20}, {recent: true, take: 60}], "
                    + "filters: [{attribute: market, in: [m0, m1]}], heads: {click: {beta: {successes: clicks_1h, trials: decided_1h, prior: {successes: 1, trials: 20}}}, "
                    + "tried: {feature: decided_1h}}, objectives: {click: 1, tried: -0.001}, atMost: {provider: 2}, atLeast: [{attribute: market, value: m1, least: 3, top: 5}], "
                    + "diversity: {mmr: 0.05, by: topic}, explore: {method: thompson, draws: 20, epsilon: 0.05, top: 10, new: {trials: decided_1h, below: 20, take: 2}}}}",
                "surfaces={home: {policy: home, slots: [{id: main, count: 10}]}, all: {policy: all, slots: [{id: main, count: 8}]}}",
            ]),
        TimeProvider.System,
        Cancellation);
}
