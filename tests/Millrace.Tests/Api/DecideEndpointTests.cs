using System.Text.Json.Nodes;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Tests.Api;

public sealed class DecideEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_same_decision_id_gets_the_same_answer_and_another_request_under_it_a_conflict()
    {
        const string request = """{"decisionId":"d1","surface":"home","user":"u","candidates":[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"}]}""";
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var first = await node.PostAsync("/v1/decide", request, Cancellation);
        var again = await node.PostAsync("/v1/decide", request, Cancellation);
        Assert.Equal(200, first.Status);
        Assert.Equal(WithoutTime(first), WithoutTime(again));
        var other = await node.PostAsync("/v1/decide", request.Replace("\"u\"", "\"v\"", StringComparison.Ordinal), Cancellation);
        Assert.Equal((409, "urn:millrace:conflict"), (other.Status, other.Reason));
    }

    [Fact]
    public async Task The_same_decision_id_gets_the_same_urls_and_tokens_byte_for_byte_at_a_later_time()
    {
        const string request = """{"decisionId":"d1","surface":"home","user":"u","time":"2026-01-01T00:00:00Z","candidates":[{"id":"a"},{"id":"own"}]}""";
        var clock = new ShiftedClock();
        await using var node = await ApiNode.StartAsync(_data, Cancellation, clock: clock);
        var put = await node.SendAsync(
            HttpMethod.Put, "/v1/items/a", """{"kind":"article","bodyUrl":"http://news.example/a?x=1#top"}"""u8.ToArray(), "application/json", Cancellation);
        Assert.Equal(200, put.Status);
        while (node.Services.Snapshot.Find("a") is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        var first = await node.PostAsync("/v1/decide", request, Cancellation);
        clock.Ahead = TimeSpan.FromMinutes(9);
        var again = await node.PostAsync("/v1/decide", request, Cancellation);
        Assert.Equal(WithoutTime(first), WithoutTime(again));
        var items = first.Json["slots"]![0]!["items"]!.AsArray();
        var (url, token) = ((string?)items.Single(item => (string?)item!["id"] == "a")!["url"], (string?)items.Single(item => (string?)item!["id"] == "a")!["token"]);
        Assert.Equal($"http://news.example/a?x=1&_mr={token}#top", url);
        Assert.Null(items.Single(item => (string?)item!["id"] == "own")!["url"]);
        Assert.NotNull(items.Single(item => (string?)item!["id"] == "own")!["token"]);

        // The token lives from the decision, whatever time its client claimed.
        var tokens = new DeliveryTokens(node.Services.TokenKey);
        Assert.Equal(TokenFault.None, tokens.Verify(token, "default", UnixMicros.Now(TimeProvider.System) + TimeSpan.FromHours(23), out var read));
        Assert.Equal("main", read!.Slot);
        Assert.Equal(TokenFault.Expired, tokens.Verify(token, "default", UnixMicros.Now(TimeProvider.System) + TimeSpan.FromHours(24), out _));
    }

    [Fact]
    public async Task Of_a_batch_each_request_stands_or_falls_by_itself()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        const string one = """{"decisionId":"d1","surface":"home","candidates":[{"id":"a"},{"id":"b"}]}""";
        var alone = await node.PostAsync("/v1/decide", one, Cancellation);
        var batch = await node.PostAsync(
            "/v1/decide:batch",
            $$"""{"decisions":[{{one}},{"surface":"hmoe"},{"decisionId":"d1","surface":"home"},{"surface":"home","surfaces":1},{"decisionId":"d2","surface":"home","explain":true,"candidates":[{"id":"c"}]},7]}""",
            Cancellation);
        Assert.Equal(200, batch.Status);
        var decisions = batch.Json["decisions"]!.AsArray();
        Assert.Equal([0, 4], decisions.Select(decision => (int)decision!["index"]!));
        Assert.Equal(alone.Json["slots"]!.ToJsonString(), decisions[0]!["slots"]!.ToJsonString());
        Assert.Equal("c", (string?)decisions[1]!["slots"]![0]!["items"]![0]!["id"]);
        Assert.Equal("explained", (string?)decisions[1]!["explain"]!["verdict"]);
        Assert.Equal(
            [(1, "unknownSurface", "/surface"), (2, "conflict", "/decisionId"), (3, "invalid", "/surfaces"), (5, "invalid", "")],
            batch.Json["rejected"]!.AsArray().Select(refused => ((int)refused!["index"]!, (string)refused["reason"]!, (string)refused["errors"]![0]!["pointer"]!)));
    }

    [Theory]
    [InlineData("""{"decisions":{}}""", "/decisions")]
    [InlineData("""{}""", "/decisions")]
    [InlineData("""{"decision":[]}""", "/decision")]
    public async Task A_batch_that_is_none_is_refused_whole(string body, string where)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var answer = await node.PostAsync("/v1/decide:batch", body, Cancellation);
        Assert.Equal((400, "urn:millrace:invalid", where), (answer.Status, answer.Reason, (string?)answer.Json["errors"]![0]!["pointer"]));
    }

    [Fact]
    public async Task A_batch_of_too_many_is_refused_whole()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var list = string.Join(',', Enumerable.Repeat("""{"surface":"home","candidates":[]}""", 101));
        var answer = await node.PostAsync("/v1/decide:batch", $$"""{"decisions":[{{list}}]}""", Cancellation);
        Assert.Equal((400, "101"), (answer.Status, (string?)answer.Json["errors"]![0]!["got"]));
        list = list[..list.LastIndexOf(",{", StringComparison.Ordinal)];
        Assert.Equal(100, (await node.PostAsync("/v1/decide:batch", $$"""{"decisions":[{{list}}]}""", Cancellation)).Json["decisions"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_caller_that_offers_nothing_is_shown_nothing_and_told_why()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var answer = await node.PostAsync("/v1/decide", """{"surface":"home","candidates":[]}""", Cancellation);
        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Json["slots"]![0]!["items"]!.AsArray());
        Assert.Equal("""["noCandidates"]""", answer.Json["degraded"]!["reasons"]!.ToJsonString());
        Assert.Equal("conditional", (string?)answer.Json["propensities"]);
    }

    [Fact]
    public async Task Metrics_tell_how_decisions_went_and_which_bounds_they_hit()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await node.PostAsync("/v1/decide", """{"decisionId":"d1","surface":"home","candidates":[]}""", Cancellation);
        await node.PostAsync("/v1/decide", """{"decisionId":"d1","surface":"home","candidates":[]}""", Cancellation);
        var metrics = (await node.SendAsync(HttpMethod.Get, "/metrics", null, null, Cancellation)).Text;
        Assert.Matches("""millrace_decisions_duration_seconds_bucket\{[^}]*le="0.001"\} [0-9]+""", metrics);
        Assert.Matches("""millrace_decisions_answers_total\{[^}]*rung="full"\} [1-9]""", metrics);
        Assert.Matches("""millrace_decisions_degraded_total\{[^}]*reason="noCandidates"\} [1-9]""", metrics);
        Assert.Matches("""millrace_decisions_repeats_total(\{[^}]*\})? [1-9]""", metrics);
        foreach (var (part, bound) in new[]
        {
            ("decisions", "rememberedDecisions"), ("decisions", "recalledDecisions"), ("decisions", "fullDecisions"), ("tokens", "spentTokens"),
        })
        {
            Assert.Matches($$"""millrace_{{part}}_bounds_hit_total\{[^}]*bound="{{bound}}"\} [0-9]""", metrics);
        }
    }

    [Fact]
    public async Task Warming_up_decides_on_each_surface_and_leaves_no_trace()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        await DecideWarmup.RunAsync(node.Services);
        await node.PostAsync("/v1/decide", """{"decisionId":"d1","surface":"home"}""", Cancellation);
        await node.DisposeAsync();
        await using var again = await ApiNode.StartAsync(_data, Cancellation, node.Key);
        Assert.Equal(1, (await again.FactsAsync(Cancellation)).Decisions);
    }

    [Fact]
    public async Task An_unknown_surface_is_named_with_its_nearest()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var answer = await node.PostAsync("/v1/decide", """{"surface":"hmoe"}""", Cancellation);
        Assert.Equal((404, "urn:millrace:unknownSurface"), (answer.Status, answer.Reason));
        Assert.Equal(("/surface", "home"), ((string?)answer.Json["errors"]![0]!["pointer"], (string?)answer.Json["errors"]![0]!["nearest"]));
    }

    [Fact]
    public async Task An_unknown_field_is_named_with_its_nearest()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var answer = await node.PostAsync("/v1/decide", """{"surface":"home","candidate":[]}""", Cancellation);
        Assert.Equal((400, "urn:millrace:invalid"), (answer.Status, answer.Reason));
        Assert.Equal(("/candidate", "candidates"), ((string?)answer.Json["errors"]![0]!["pointer"], (string?)answer.Json["errors"]![0]!["nearest"]));
    }

    [Theory]
    [InlineData("3.4e38")]
    [InlineData("-3.4e38")]
    [InlineData("1e-45")]
    public async Task Features_at_the_end_of_their_range_are_decided_and_explained(string quality)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var answer = await node.PostAsync(
            "/v1/decide", $$$"""{"surface":"home","explain":true,"candidates":[{"id":"a","features":{"quality":{{{quality}}}}},{"id":"b"}]}""", Cancellation);
        Assert.Equal(200, answer.Status);
        Assert.Equal(2, answer.Json["slots"]![0]!["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_decision_asks_for_at_most_500_items_over_all_slots()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        string Slots(int count, int last) => string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"id\":\"s{i}\",\"count\":{(i == count - 1 ? last : 100)}}}"));
        var fits = await node.PostAsync("/v1/decide", $"{{\"surface\":\"home\",\"slots\":[{Slots(5, 100)}]}}", Cancellation);
        Assert.Equal(200, fits.Status);
        var refused = await node.PostAsync("/v1/decide", $"{{\"surface\":\"home\",\"slots\":[{Slots(6, 1)}]}}", Cancellation);
        Assert.Equal((400, "/slots"), (refused.Status, (string?)refused.Json["errors"]![0]!["pointer"]));
    }

    [Fact]
    public async Task A_decision_whose_record_is_too_long_is_journalled_slim_and_those_after_it_in_full()
    {
        const int Candidates = 1_000, Features = 256;
        await using var node = await ApiNode.StartAsync(
            _data, Cancellation, settings:
            [
                "limits.decide=30s",
                $"features=[{string.Join(',', Enumerable.Range(0, Features).Select(f => $"{{name: f{f}, entity: item, count: click, window: 1h}}"))}]",
                $"policies={{home: {{candidates: [{{recent: true}}], blend: {{{string.Join(',', Enumerable.Range(0, Features).Select(f => $"f{f}: 1"))}}}}}}}",
            ]);
        var own = string.Join(',', Enumerable.Range(0, Features).Select(f => $"\"f{f}\":{f}.25"));
        var candidates = Enumerable.Range(0, Candidates).Select(c => $"{{\"id\":\"{c,100:D100}\",\"features\":{{{own.Replace(".25", $".{c}1", StringComparison.Ordinal)}}}}}");
        var large = await node.PostAsync("/v1/decide", $"{{\"decisionId\":\"d1\",\"surface\":\"home\",\"user\":\"u\",\"candidates\":[{string.Join(',', candidates)}]}}", Cancellation);
        Assert.Equal(200, large.Status);
        Assert.Equal(200, (await node.PostAsync("/v1/decide", """{"decisionId":"d2","surface":"home","user":"u","candidates":[{"id":"a"}]}""", Cancellation)).Status);

        var partition = FactKeys.Partition(new Decided { Id = "d1", Surface = "home", Policy = "home@1", User = "u" }, node.Journal.Partitions(JournalStream.Decisions));
        await node.Journal.WaitAsync(JournalStream.Decisions, partition, 1, Cancellation);
        var stored = await node.Journal.ReadAsync(JournalStream.Decisions, partition, 0, 10, Cancellation);
        Assert.Equal([("d1", false), ("d2", true)], stored.Select(s => (Decided)s.Fact).Select(d => (d.Id, d.Inputs is not null)));
        Assert.True(node.Services.Readiness.IsReady);
    }

    private static string WithoutTime(Answer answer)
    {
        var reply = (JsonObject)answer.Json;
        Assert.True(reply.Remove("took"));
        return reply.ToJsonString();
    }
}
