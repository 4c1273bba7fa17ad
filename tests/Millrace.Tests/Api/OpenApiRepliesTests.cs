using System.Text;
using System.Text.Json.Nodes;
using Millrace.Api;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Api;

public sealed class OpenApiRepliesTests : IDisposable
{
    private static readonly JsonNode Document = JsonNode.Parse(OpenApiDocument.Text)!;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_document_names_every_member_of_every_reply_and_each_it_promises_is_there()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        var faults = new List<string>();
        async Task<Answer> Ask(HttpMethod method, string path, string template, string? body, string type = "application/json")
        {
            var answer = await node.SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? null : type, Cancellation);
            var content = Document["paths"]![template]![method.Method.ToLowerInvariant()]!["responses"]![$"{answer.Status}"]?["content"]?["application/json"]?["schema"];
            Compare(answer.Json, content, $"{method} {template} {answer.Status}", faults);
            return answer;
        }

        await Ask(HttpMethod.Put, "/v1/items/a", "/v1/items/{id}", """{"kind": "article", "provider": "desk", "published": "2026-01-01T00:00:00Z", "bodyUrl": "http://news.example/a", "attributes": {"tag": ["x"]}}""");
        await Ask(HttpMethod.Get, "/v1/items/a", "/v1/items/{id}", null);
        await Ask(HttpMethod.Post, "/v1/items:batch", "/v1/items:batch", "{\"id\": \"b\"}\n{\"id\": 3}\n", "application/x-ndjson");
        await Ask(HttpMethod.Post, "/v1/decide", "/v1/decide", """{"surface": "home", "decisionId": "d", "candidates": [{"id": "a"}], "explain": true}""");
        await Ask(HttpMethod.Post, "/v1/decide:batch", "/v1/decide:batch", """{"decisions": [{"surface": "home", "candidates": [{"id": "a"}]}, {"surface": "nowhere"}]}""");
        await Ask(HttpMethod.Post, "/v1/events", "/v1/events", """{"events": [{"id": "e", "type": "click", "item": "a", "decisionId": "d2", "value": 1, "unit": "EUR"}, {"id": 3}]}""");
        await node.Journal.AppendAsync(new Decided { Id = "d2", Time = UnixMicros.Now(TimeProvider.System), Surface = "home", Policy = "home@1", Rung = 3, Degraded = ["timeout"] }, Cancellation);
        await Ask(HttpMethod.Get, "/v1/decisions/d2", "/v1/decisions/{id}", null);
        await Ask(HttpMethod.Get, "/v1/decisions/d2/explain", "/v1/decisions/{id}/explain", null);
        await Ask(HttpMethod.Post, "/v1/decisions/d2/replay", "/v1/decisions/{id}/replay", null);
        await Ask(HttpMethod.Put, "/v1/users/u/consent", "/v1/users/{id}/consent", """{"learn": false}""");
        await Ask(HttpMethod.Get, "/v1/users/u?session=s", "/v1/users/{id}", null);
        await Ask(HttpMethod.Delete, "/v1/users/u?session=s", "/v1/users/{id}", null);
        var purged = await Ask(HttpMethod.Post, "/v1/purge", "/v1/purge", """{"keys": ["k"], "wait": "edges"}""");
        await Ask(HttpMethod.Get, $"/v1/purge/{purged.Json["position"]!["offset"]}", "/v1/purge/{offset}", null);
        await Ask(HttpMethod.Get, "/v1/cache?url=http://news.example/a&header=Accept:%20x", "/v1/cache", null);
        await Ask(HttpMethod.Get, "/v1/features", "/v1/features", null);
        await Ask(HttpMethod.Get, "/v1/features/snapshots", "/v1/features/snapshots", null);
        await Ask(HttpMethod.Get, "/v1/features/skew", "/v1/features/skew", null);
        await Ask(HttpMethod.Post, "/v1/evaluations", "/v1/evaluations", """{"surface": "home", "gates": ["rips.low>=current"]}""");
        var key = await Ask(HttpMethod.Post, "/v1/keys", "/v1/keys", """{"scope": "events"}""");
        await Ask(HttpMethod.Get, "/v1/keys", "/v1/keys", null);
        await Ask(HttpMethod.Delete, $"/v1/keys/{key.Json["id"]}", "/v1/keys/{id}", null);
        await Ask(HttpMethod.Delete, "/v1/items/a", "/v1/items/{id}", null);
        Assert.Empty(faults);
    }

    private static void Compare(JsonNode? value, JsonNode? schema, string path, List<string> faults)
    {
        if ((string?)schema?["$ref"] is { } name)
        {
            schema = Document["components"]!["schemas"]![name["#/components/schemas/".Length..]];
        }

        if (schema is null)
        {
            faults.Add($"{path}: is not described");
        }
        else if (value is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                Compare(items[i], schema["items"], $"{path}[{i}]", faults);
            }
        }
        else if (value is JsonObject members && schema["additionalProperties"] is null)
        {
            foreach (var (member, inner) in members)
            {
                Compare(inner, schema["properties"]?[member], $"{path}.{member}", faults);
            }

            faults.AddRange((schema["required"]?.AsArray() ?? []).Where(must => !members.ContainsKey((string)must!)).Select(must => $"{path}.{must}: is promised and not there"));
        }
    }
}
