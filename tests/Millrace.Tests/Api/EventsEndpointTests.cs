using System.Text;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Tests.Api;

public sealed class EventsEndpointTests : IDisposable
{
    private const string Click = """{"id":"e1","type":"click","item":"a","user":"u"}""";

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly ShiftedClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_event_is_durable_when_it_is_acknowledged()
    {
        await using var node = await StartAsync();
        Assert.Equal("""202 {"accepted":1,"duplicates":0,"rejected":[]}""", await SendAsync(node, Click));
        var stored = Assert.Single(await node.Journal.FindAsync(JournalStream.Events, "e1", "default", 10, Cancellation));
        var fact = Assert.IsType<Observed>(stored.Fact);
        Assert.Equal(("click", "a", "u", false), (fact.Event, fact.Item, fact.User, fact.Attested));
        Assert.True(stored.Position.Offset < node.Journal.Range(JournalStream.Events, stored.Position.Partition).End);
    }

    [Fact]
    public async Task An_event_that_comes_again_is_a_duplicate_and_another_of_its_id_a_conflict_across_a_restart()
    {
        string key;
        await using (var first = await StartAsync())
        {
            key = first.Key;
            await SendAsync(first, Click);
            await AssertKnownAsync(first);
        }

        await using var second = await StartAsync(key);
        await AssertKnownAsync(second);
    }

    [Fact]
    public async Task Equal_events_in_one_request_and_in_many_at_once_apply_once()
    {
        await using var node = await StartAsync();
        Assert.Equal("""202 {"accepted":1,"duplicates":1,"rejected":[]}""", await SendAsync(node, Click, Click));
        var other = Click.Replace("e1", "e2", StringComparison.Ordinal);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => SendAsync(node, other)));
        Assert.Equal(1, answers.Count(a => a.Contains("\"accepted\":1", StringComparison.Ordinal)));
        Assert.Equal(15, answers.Count(a => a.Contains("\"duplicates\":1", StringComparison.Ordinal)));
        Assert.Equal(2, (await node.FactsAsync(Cancellation)).Events);
    }

    [Fact]
    public async Task An_event_older_than_a_day_is_refused()
    {
        await using var node = await StartAsync();
        Assert.Contains("\"reason\":\"tooOld\"", await SendAsync(node, Click.Replace("\"user\"", "\"time\":\"2020-01-01T00:00:00Z\",\"user\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decisions_token_attests_one_click_of_its_item()
    {
        await using var node = await StartAsync();
        var token = await TokenAsync(node);
        Assert.Contains("\"accepted\":1", await SendAsync(node, Attested("c1", token)), StringComparison.Ordinal);
        var fact = Assert.IsType<Observed>(Assert.Single(await node.Journal.FindAsync(JournalStream.Events, "c1", "default", 10, Cancellation)).Fact);
        Assert.True(fact.Attested);
        Assert.Equal(("home", "main", 1), (fact.Surface, fact.Slot, fact.Rank));
        Assert.Contains("\"duplicates\":1", await SendAsync(node, Attested("c1", token)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replayed_token_is_refused_across_a_restart()
    {
        string key, token;
        await using (var first = await StartAsync())
        {
            (key, token) = (first.Key, await TokenAsync(first));
            await SendAsync(first, Attested("c1", token));
            await AssertRefusedAsync(first, "tokenReplayed", Attested("c2", token));
        }

        await using var second = await StartAsync(key);
        await AssertRefusedAsync(second, "tokenReplayed", Attested("c3", token));
    }

    [Fact]
    public async Task An_event_takes_its_position_from_the_token_and_another_is_refused()
    {
        await using var node = await StartAsync();
        var token = await TokenAsync(node);
        await AssertRefusedAsync(node, "tokenMismatch", Attested("c1", token).Replace("\"item\"", "\"position\":8,\"item\"", StringComparison.Ordinal));
        Assert.Contains("\"accepted\":1", await SendAsync(node, Attested("c1", token)), StringComparison.Ordinal);
        var stated = Attested("c1", token).Replace("\"item\"", "\"position\":1,\"item\"", StringComparison.Ordinal);
        Assert.Contains("\"duplicates\":1", await SendAsync(node, stated), StringComparison.Ordinal);
        Assert.Equal(1, (await EventAsync(node, "c1")).Rank);
    }

    [Fact]
    public async Task An_attested_event_sent_again_without_its_position_is_a_duplicate_across_a_restart()
    {
        string key, token;
        await using (var first = await StartAsync())
        {
            (key, token) = (first.Key, await TokenAsync(first));
            await SendAsync(first, Attested("c1", token));
        }

        _clock.Ahead = TimeSpan.FromHours(23);
        await using var second = await StartAsync(key);
        Assert.Contains("\"duplicates\":1", await SendAsync(second, Attested("c1", token)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_click_after_a_restart_still_knows_its_decisions_surface_and_segment()
    {
        string key, token;
        await using (var first = await StartAsync())
        {
            (key, token) = (first.Key, await TokenAsync(first));
        }

        await using var second = await StartAsync(key);
        await SendAsync(second, OfSession(Attested("attested", token)), OfSession(Claimed("claimed")), Claimed("nobody"));
        var events = second.Services.Keys.Create(KeyScope.Events, "default");
        await SendAsync(second, events, [OfSession(Claimed("browser"))]);

        // Without user and session nothing would seal the segment of somebody's decision.
        foreach (var (id, surface, segment) in new[] { ("attested", "home", "fr"), ("claimed", "home", "fr"), ("browser", null, null), ("nobody", "home", null) })
        {
            var fact = await EventAsync(second, id);
            Assert.Equal((surface, segment), (fact.Surface, fact.Segment));
        }

        static string OfSession(string one) => one.Replace("}", ",\"session\":\"s\"}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_takes_its_decisions_context_where_a_key_seals_it()
    {
        await using var node = await StartAsync();
        await node.Journal.AppendAsync(
            [
                new Decided { Id = "d1", Surface = "home", Policy = "home@1", User = "u", Context = FactContext.None.Add("device", "phone") },
                new Decided { Id = "d2", Surface = "home", Policy = "home@1", Context = FactContext.None.Add("device", "tablet") },
            ],
            Cancellation);
        await SendAsync(
            node,
            """{"id":"e1","type":"click","item":"a","decisionId":"d1","user":"u"}""",
            """{"id":"e2","type":"click","item":"a","decisionId":"d1"}""",
            """{"id":"e3","type":"click","item":"a","decisionId":"d2"}""");
        Assert.Equal([KeyValuePair.Create("device", "phone")], (await EventAsync(node, "e1")).Context);
        Assert.Empty((await EventAsync(node, "e2")).Context);
        Assert.Equal([KeyValuePair.Create("device", "tablet")], (await EventAsync(node, "e3")).Context);
    }

    [Theory]
    [InlineData("record", 2)]
    [InlineData("count", 3)]
    public async Task A_browsers_click_without_a_token_counts_in_features_only_when_the_setting_says_so(string setting, int counted)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation, null, _clock, $"events.unattested={setting}");
        var token = await TokenAsync(node);
        var browser = node.Services.Keys.Create(KeyScope.Events, "default");
        await SendAsync(node, browser, [Attested("proven", token), Claimed("claimed")]);
        await SendAsync(node, Claimed("server"));
        Assert.Equal(setting == "record", (await EventAsync(node, "claimed")).Unvouched);
        Assert.False((await EventAsync(node, "proven")).Unvouched);
        Assert.False((await EventAsync(node, "server")).Unvouched);

        // What a node folds at its next start: the journal alone decides.
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions { LearnItemsFromEvents = true });
        for (var partition = 0; partition < node.Journal.Partitions(JournalStream.Events); partition++)
        {
            foreach (var stored in await node.Journal.ReadAsync(JournalStream.Events, partition, 0, 100, Cancellation))
            {
                folder.Apply(stored);
            }
        }

        Assert.Equal(3 - counted, folder.Counts.Unvouched);
        var snapshot = folder.Freeze(UnixMicros.Now(_clock));
        Assert.Equal(counted, ((ListedCounts.Frozen)snapshot.State(snapshot.Features.PopularState(FeatureSet.GlobalWindow))).Entries.Total);
    }

    [Fact]
    public async Task A_forged_token_is_refused()
    {
        await using var node = await StartAsync();
        var token = await TokenAsync(node);
        await AssertRefusedAsync(node, "tokenForged", Attested("c1", token[..^2] + (token[^2] == 'A' ? "B" : "A") + token[^1]));
        await AssertRefusedAsync(node, "tokenForged", Attested("c2", "bm90IGEgdG9rZW4"));
    }

    [Fact]
    public async Task A_token_of_another_item_decision_or_node_is_refused()
    {
        await using var node = await StartAsync();
        var token = await TokenAsync(node);
        await AssertRefusedAsync(node, "tokenForeign", Attested("c1", token, item: "b"));
        await AssertRefusedAsync(node, "tokenForeign", Attested("c2", token, decision: "d2"));
        var elsewhere = new DeliveryTokens(new byte[32]).Sign(new("default", "d1", "a", 1, UnixMicros.Now(_clock) + DeliveryUrls.Life));
        await AssertRefusedAsync(node, "tokenForeign", Attested("c3", elsewhere));
    }

    [Fact]
    public async Task A_token_without_its_decision_is_refused_for_want_of_it()
    {
        await using var node = await StartAsync();
        var answer = await SendAsync(node, $$"""{"id":"c1","type":"click","item":"a","token":"{{await TokenAsync(node)}}"}""");
        Assert.Contains("\"reason\":\"invalid\"", answer, StringComparison.Ordinal);
        Assert.Contains("/decisionId\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_token_is_refused()
    {
        await using var node = await StartAsync();
        var token = await TokenAsync(node);
        _clock.Ahead = DeliveryUrls.Life + TimeSpan.FromSeconds(1);
        await AssertRefusedAsync(node, "tokenExpired", Attested("c1", token));
    }

    private static string Attested(string id, string token, string item = "a", string decision = "d1") =>
        $$"""{"id":"{{id}}","type":"click","item":"{{item}}","decisionId":"{{decision}}","token":"{{token}}"}""";

    private static string Claimed(string id) => $$"""{"id":"{{id}}","type":"click","item":"a","decisionId":"d1"}""";

    private static Task<string> SendAsync(ApiNode node, params string[] events) => SendAsync(node, node.Key, events);

    private static async Task<string> SendAsync(ApiNode node, string key, string[] events)
    {
        var body = Encoding.UTF8.GetBytes(string.Join('\n', events));
        var answer = await node.SendAsync(HttpMethod.Post, "/v1/events", body, "application/x-ndjson", Cancellation, key: key);
        return $"{answer.Status} {answer.Text}";
    }

    private static async Task<Observed> EventAsync(ApiNode node, string id) =>
        Assert.IsType<Observed>(Assert.Single(await node.Journal.FindAsync(JournalStream.Events, id, "default", 10, Cancellation)).Fact);

    private static async Task AssertKnownAsync(ApiNode node)
    {
        Assert.Equal("""202 {"accepted":0,"duplicates":1,"rejected":[]}""", await SendAsync(node, Click));
        Assert.Contains("\"reason\":\"conflict\"", await SendAsync(node, Click.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(1, (await node.FactsAsync(Cancellation)).Events);
    }

    private static async Task AssertRefusedAsync(ApiNode node, string reason, string record)
    {
        var before = await node.FactsAsync(Cancellation);
        var answer = await SendAsync(node, record);
        Assert.Contains($"\"reason\":\"{reason}\",\"errors\":[{{\"pointer\":\"/token\"", answer, StringComparison.Ordinal);
        Assert.Equal(before.Events, (await node.FactsAsync(Cancellation)).Events);
    }

    /// <summary>The token that the decision d1 handed out for the item a, which stands first.</summary>
    private static async Task<string> TokenAsync(ApiNode node)
    {
        var decided = await node.PostAsync("/v1/decide", """{"decisionId":"d1","surface":"home","user":"u","context":{"country":"fr"},"candidates":[{"id":"a"},{"id":"b"}]}""", Cancellation);
        Assert.Equal(200, decided.Status);
        return decided.Json["slots"]![0]!["items"]!.AsArray().Single(item => (string?)item!["id"] == "a")!["token"]!.GetValue<string>();
    }

    private Task<ApiNode> StartAsync(string? key = null) => ApiNode.StartAsync(_data, Cancellation, key, _clock);
}
