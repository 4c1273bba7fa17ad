using System.Text;
using System.Text.Json.Nodes;

namespace Millrace.Tests.Api;

/// <summary>GET /v1/features says what is wrong with the values of a feature, and nothing where nothing is.</summary>
public sealed class FeaturesEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task What_items_say_that_a_feature_cannot_take_and_which_bound_makes_it_inexact_is_shown()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var node = await ApiNode.StartAsync(
            _data,
            cancellation,
            settings:
            [
                "folding={items: 1}",
                "features=[{name: price, value: 'attribute:price'}, {name: near, similar: click, embedding: 8}, {name: quality, entity: item, count: click, window: 1h}, {name: hour, time: hour}]",
            ]);
        await PutAsync(node, "a", """{"attributes": {"price": ["cheap"]}, "embedding": [1, 2, 3]}""", cancellation);
        await PutAsync(node, "b", """{"attributes": {"price": ["2"]}}""", cancellation);
        var features = await UntilAsync(node, features => features["price"]["inexact"] is not null, cancellation);
        Assert.Equal(
            ("attributes.price", "a number, true or false", 1, "a", "'cheap'"),
            features["price"]["misfits"]!.AsArray().Select(one => ((string)one!["field"]!, (string)one["expected"]!, (int)one["items"]!, (string)one["item"]!, (string)one["got"]!)).Single());
        Assert.Equal(("8 numbers", "3 numbers"), features["near"]["misfits"]!.AsArray().Select(one => ((string)one!["expected"]!, (string)one["got"]!)).Single());
        Assert.Null(features["quality"]["misfits"]);
        Assert.Equal("items", (string?)features["quality"]["inexact"]!["bound"]);
        Assert.Null(features["quality"]["inexact"]!["until"]);
        Assert.Null(features["hour"]["inexact"]);
    }

    private static async Task PutAsync(ApiNode node, string id, string item, CancellationToken cancellation) =>
        Assert.Equal(200, (await node.SendAsync(HttpMethod.Put, $"/v1/items/{id}", Encoding.UTF8.GetBytes(item), "application/json", cancellation)).Status);

    private static async Task<Dictionary<string, JsonNode>> UntilAsync(ApiNode node, Func<Dictionary<string, JsonNode>, bool> holds, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = await node.SendAsync(HttpMethod.Get, "/v1/features", null, null, cancellation);
            var features = answer.Json["features"]!.AsArray().ToDictionary(feature => (string)feature!["name"]!, feature => feature!, StringComparer.Ordinal);
            if (holds(features))
            {
                return features;
            }

            cancellation.ThrowIfCancellationRequested();
        }
    }
}
