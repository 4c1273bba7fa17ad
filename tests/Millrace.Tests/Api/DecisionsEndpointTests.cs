using System.Text;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Api;

public sealed class DecisionsEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_id_that_was_used_again_shows_the_newest_decision_and_names_the_earlier()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        foreach (var (user, policy) in ((string, string)[])[("c", "home@1"), ("b", "home@2"), ("a", "home@3")])
        {
            await node.Journal.AppendAsync(new Decided { Id = "twice", Time = UnixMicros.Now(TimeProvider.System), Surface = "home", Policy = policy, User = user }, Cancellation);
        }

        var shown = (await node.SendAsync(HttpMethod.Get, "/v1/decisions/twice", null, null, Cancellation)).Json;
        Assert.Equal("home@3", (string?)shown["policy"]);
        Assert.Equal(2, shown["earlier"]!.AsArray().Count);
    }

    [Fact]
    public async Task Facts_beyond_the_bound_are_cut_and_said_to_be()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var now = UnixMicros.Now(TimeProvider.System);
        await node.Journal.AppendAsync(new Decided { Id = "many", Time = now, Surface = "home", Policy = "home@1" }, Cancellation);
        await node.Journal.AppendAsync(
            [.. Enumerable.Range(0, 1_001).Select(i => new Observed { Id = $"e{i}", Time = now, Event = "click", Item = "i", Decision = "many" })], Cancellation);
        var shown = (await node.SendAsync(HttpMethod.Get, "/v1/decisions/many", null, null, Cancellation)).Json;
        Assert.Equal(1_000, shown["observed"]!.AsArray().Count);
        Assert.Equal(["observed"], shown["truncated"]!.AsArray().Select(name => (string?)name));
        Assert.Null(shown["earlier"]);
    }

    [Fact]
    public async Task An_explanation_always_says_what_became_of_it()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        const string request = """{"surface": "home", "decisionId": "d1", "candidates": [{"id": "a"}], "explain": true}""";
        var first = (await node.PostAsync("/v1/decide", request, Cancellation)).Json["explain"]!;
        Assert.Equal(("explained", "blend"), ((string?)first["verdict"], (string?)first["scoredBy"]));
        var again = (await node.PostAsync("/v1/decide", request, Cancellation)).Json["explain"]!;
        Assert.Contains((string?)again["verdict"], (string[])["explained", "notRecorded"]);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("/story-7")]
    [InlineData("ftp://news.example/a")]
    public async Task A_purge_wants_absolute_urls(string url)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var refused = await node.PostAsync("/v1/purge", $$"""{"urls": ["{{url}}"]}""", Cancellation);
        Assert.Equal((400, "/urls/0"), (refused.Status, (string?)refused.Json["errors"]![0]!["pointer"]));
        Assert.Equal(200, (await node.PostAsync("/v1/purge", """{"urls": ["https://news.example/a?b=c"]}""", Cancellation)).Status);
    }

    [Fact]
    public async Task An_item_that_no_path_could_name_is_refused()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var lines = "{\"id\": \".\"}\n{\"id\": \"..\"}\n{\"id\": \"...\"}\n";
        var answer = (await node.SendAsync(HttpMethod.Post, "/v1/items:batch", Encoding.UTF8.GetBytes(lines), "application/x-ndjson", Cancellation)).Json;
        Assert.Equal(1, (int)answer["created"]!);
        Assert.Equal([1, 2], answer["rejected"]!.AsArray().Select(r => (int)r!["line"]!));
    }
}
