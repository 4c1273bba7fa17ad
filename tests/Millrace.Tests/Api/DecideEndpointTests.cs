using System.Text.Json.Nodes;

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

    private static string WithoutTime(Answer answer)
    {
        var reply = (JsonObject)answer.Json;
        Assert.True(reply.Remove("took"));
        return reply.ToJsonString();
    }
}
