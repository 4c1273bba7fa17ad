namespace Millrace.Tests.Api;

public sealed class KeyEndpointsTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_running_node_makes_lists_and_revokes_keys()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var made = await node.PostAsync("/v1/keys", """{"scope": "events"}""", Cancellation);
        var (id, secret) = ((string)made.Json["id"]!, (string)made.Json["secret"]!);
        Assert.Equal(201, made.Status);
        Assert.NotNull(node.Services.Keys.Verify(secret));
        var listed = await node.SendAsync(HttpMethod.Get, "/v1/keys", null, null, Cancellation);
        Assert.Contains(listed.Json["keys"]!.AsArray(), key => (string?)key!["id"] == id);
        Assert.DoesNotContain(secret, listed.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Delete, $"/v1/keys/{id}", null, null, Cancellation)).Status);
        Assert.Null(node.Services.Keys.Verify(secret));
        Assert.Equal("urn:millrace:unknownKey", (await node.SendAsync(HttpMethod.Delete, $"/v1/keys/{id}", null, null, Cancellation)).Reason);
    }

    [Fact]
    public async Task A_key_of_a_tenant_that_is_not_served_is_not_made()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var refused = await node.PostAsync("/v1/keys", """{"scope": "api", "tenant": "other"}""", Cancellation);
        Assert.Equal((400, "/tenant"), (refused.Status, (string?)refused.Json["errors"]![0]!["pointer"]));
    }
}
