using System.Text;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Api;

public sealed class ItemsEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("""{"published":"9999-12-31T23:59:59-23:59","expires":"9999-12-31T23:59:59-23:59"}""", 400)]
    [InlineData("""{"expires":"9999-12-31T23:59:59-23:59"}""", 400)]
    [InlineData("""{"expires":"9999-12-31T23:59:59.999999Z"}""", 200)]
    public async Task An_items_times_are_within_what_can_be_written_back(string item, int status)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        Assert.Equal(status, (await PutAsync(node, item)).Status);
        Assert.Equal(status == 200 ? 200 : 404, (await node.SendAsync(HttpMethod.Get, "/v1/items/a", null, null, Cancellation)).Status);
    }

    [Fact]
    public async Task A_time_past_what_can_be_written_is_shown_where_an_earlier_release_stored_it()
    {
        string key;
        await using (var first = await ApiNode.StartAsync(_data, Cancellation))
        {
            key = first.Key;
            await first.Journal.AppendAsync(new ItemChanged { Id = "f", Item = "a", Expires = UnixMicros.LastWritable + TimeSpan.FromHours(23) }, Cancellation);
        }

        await using var node = await ApiNode.StartAsync(_data, Cancellation, key);
        var shown = await node.SendAsync(HttpMethod.Get, "/v1/items/a", null, null, Cancellation);
        Assert.Equal((200, "253402383599999999 µs"), (shown.Status, (string?)shown.Json["expires"]));
    }

    [Theory]
    [InlineData(900, 200)]
    [InlineData(1_024, 400)]
    public async Task An_item_that_takes_more_than_a_fact_holds_is_refused_by_name(int values, int status)
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var value = $"\"{new string('v', 1_010)}\"";
        var attributes = Enumerable.Range(0, 16).Select(i => $"\"a{i}\":[{string.Join(',', Enumerable.Repeat(value, values / 16))}]");
        var item = $"{{\"embedding\":[{string.Join(',', Enumerable.Repeat("0", 4_096))}],\"attributes\":{{{string.Join(',', attributes)}}}}}";
        var answer = await PutAsync(node, item);
        Assert.Equal(status, answer.Status);
        if (status == 400)
        {
            Assert.Equal(("urn:millrace:invalid", $"at most {FactSize.Max} bytes in the journal"), (answer.Reason, (string?)answer.Json["errors"]![0]!["expected"]));
        }
    }

    private static Task<Answer> PutAsync(ApiNode node, string item) =>
        node.SendAsync(HttpMethod.Put, "/v1/items/a", Encoding.UTF8.GetBytes(item), "application/json", Cancellation);
}
