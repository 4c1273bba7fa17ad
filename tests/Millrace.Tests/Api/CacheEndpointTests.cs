namespace Millrace.Tests.Api;

public sealed class CacheEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Url_is_explained_in_the_path_as_it_is_and_encoded_and_in_the_query()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation, settings: "routes=[{match: 'site.example/*', origin: 'http://127.0.0.1:1', contract: {bounded: 30s}, query: {ignore: [utm_*]}}]");
        string[] paths =
        [
            "/admin/cache/http://site.example/a?id=1&utm_x=2", "/admin/cache/http%3A%2F%2Fsite.example%2Fa%3Fid%3D1%26utm_x%3D2",
            "/v1/cache?url=http%3A%2F%2Fsite.example%2Fa%3Fid%3D1%26utm_x%3D2&header=Accept-Language:%20de",
        ];
        foreach (var path in paths)
        {
            var explained = await node.SendAsync(HttpMethod.Get, path, null, null, Cancellation);
            Assert.Equal(200, explained.Status);
            Assert.Equal(
                ("http://site.example/a?id=1", "site.example/*", "bounded", 30, "fetch"),
                ((string)explained.Json["key"]!, (string)explained.Json["route"]!, (string)explained.Json["contract"]!, (int)explained.Json["contractPastSeconds"]!, (string)explained.Json["now"]!));
        }
    }

    [Theory]
    [InlineData("/v1/cache")]
    [InlineData("/v1/cache?url=site.example")]
    [InlineData("/v1/cache?url=http://a/&other=1")]
    [InlineData("/v1/cache?url=http://a/&header=no%20name")]
    [InlineData("/admin/cache/nothing")]
    public async Task What_is_no_question_is_refused(string path)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        Assert.Equal(400, (await node.SendAsync(HttpMethod.Get, path, null, null, Cancellation)).Status);
    }

    [Fact]
    public async Task Purge_is_waited_for_by_its_position()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var purged = await node.PostAsync("/v1/purge", """{"prefixes": ["http://site.example/news/"], "mode": "soft"}""", Cancellation);
        Assert.Equal((200, "control", 0), (purged.Status, (string)purged.Json["position"]!["stream"]!, (int)purged.Json["position"]!["partition"]!));
        var offset = (long)purged.Json["position"]!["offset"]!;
        var waited = await node.SendAsync(HttpMethod.Get, $"/v1/purge/{offset}", null, null, Cancellation);
        Assert.Equal((200, true), (waited.Status, (bool)waited.Json["obeyed"]!));
        Assert.Equal(404, (await node.SendAsync(HttpMethod.Get, "/v1/purge/1000000", null, null, Cancellation)).Status);
        Assert.Equal(400, (await node.SendAsync(HttpMethod.Get, $"/v1/purge/{offset}?timeoutMs=600000", null, null, Cancellation)).Status);
        Assert.Equal(400, (await node.PostAsync("/v1/purge", """{"prefixes": ["http://site.example"]}""", Cancellation)).Status);
    }

    [Fact]
    public async Task Prefix_that_its_route_would_rewrite_is_refused_before_anything_is_journalled()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation, settings: "routes=[{match: 'site.example/*', origin: 'http://127.0.0.1:1', query: {ignore: [utm_*]}}]");
        var refused = await node.PostAsync("/v1/purge", """{"prefixes": ["http://site.example/a", "http://site.example/a?id="]}""", Cancellation);
        Assert.Equal((400, "/prefixes/1"), (refused.Status, (string)refused.Json["errors"]![0]!["pointer"]!));
        Assert.Contains("rewrites queries", (string)refused.Json["errors"]![0]!["expected"]!, StringComparison.Ordinal);
        Assert.Equal(200, (await node.PostAsync("/v1/purge", """{"prefixes": ["http://site.example/a"]}""", Cancellation)).Status);
    }
}
