using System.Text;

namespace Millrace.Tests.Api;

/// <summary>From an event that was acknowledged to the next decision of its session that knows of it, over HTTP.</summary>
public sealed class OwnEventTests : IDisposable
{
    private const int Rounds = 20;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task What_was_clicked_is_out_of_the_next_slate_within_a_second_always()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var items = string.Join('\n', Enumerable.Range(0, 40).Select(item => $$"""{"id":"i{{item}}"}"""));
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Post, "/v1/items:batch", Encoding.UTF8.GetBytes(items), "application/x-ndjson", Cancellation)).Status);
        while (await FirstAsync(node, "warm") is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        for (var round = 0; round < Rounds; round++)
        {
            var clicked = await FirstAsync(node, "s");
            Assert.Equal(202, (await node.PostAsync("/v1/events", $$"""{"events":[{"id":"e{{round}}","type":"click","item":"{{clicked}}","session":"s"}]}""", Cancellation)).Status);
            for (var began = TimeProvider.System.GetTimestamp(); await FirstAsync(node, "s") == clicked;)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(1), $"round {round}: {clicked} is still shown");
            }
        }
    }

    private static async Task<string?> FirstAsync(ApiNode node, string session)
    {
        var slate = await node.PostAsync("/v1/decide", $$"""{"surface":"home","session":"{{session}}"}""", Cancellation);
        Assert.Equal(200, slate.Status);
        return (string?)slate.Json["slots"]?.AsArray().FirstOrDefault()?["items"]?.AsArray().FirstOrDefault()?["id"];
    }
}
