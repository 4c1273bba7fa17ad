using System.Net.Sockets;
using System.Text;

namespace Millrace.Tests.Api;

public sealed class RequestTargetTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("http://api/v1/items/story-7", "story-7")]
    [InlineData("http://api/v1/items/story%2D7?x=/a/b/c", "story-7")]
    [InlineData("/v1/items/a%2Fb", "a/b")]
    [InlineData("/v1/items/a%252Fb", "a%2Fb")]
    [InlineData("/v1/items/x/../story-8", "story-8")]
    [InlineData("/v1/./items/%2e%2E/items/story-9", "story-9")]
    public async Task An_item_is_put_under_the_id_that_its_target_names(string target, string id)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        Assert.StartsWith("HTTP/1.1 200", await PutAsync(node, target), StringComparison.Ordinal);
        Assert.NotNull(node.Services.Api!.Memory.Items.Find("default", id));
        Assert.Equal(1, (await node.FactsAsync(Cancellation)).Items);
    }

    [Theory]
    [InlineData("http://api/v1%2Fitems%2Fstory-7")]
    [InlineData("http://api/v1/items/a%2Fb")]
    [InlineData("http://api")]
    [InlineData("/v1/items/../..")]
    public async Task A_target_that_names_no_item_puts_none(string target)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        Assert.StartsWith("HTTP/1.1 4", await PutAsync(node, target), StringComparison.Ordinal);
        Assert.Equal(0, (await node.FactsAsync(Cancellation)).Items);
    }

    private static async Task<string> PutAsync(ApiNode node, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Endpoint, Cancellation);
        await using var stream = client.GetStream();
        var request = $"PUT {target} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {node.Key}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
