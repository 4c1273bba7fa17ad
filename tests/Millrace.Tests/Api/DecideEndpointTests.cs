using System.Text.Json.Nodes;
using Millrace.Journal;
using Millrace.Journal.Facts;

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
