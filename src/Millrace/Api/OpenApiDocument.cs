using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Api.Json;
using Millrace.Node;

namespace Millrace.Api;

/// <summary>The OpenAPI 3.1 document: request schemas come from the very shapes that validate.</summary>
internal static class OpenApiDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The reply names what was not applied: sending all of it again is safe too, since ids are remembered.
    private const string Partly = " Each record that was not applied stands in rejected[], up to 1,000 of them. When something ends the request after some of it was applied"
        + " (too many bytes or lines, a broken encoding, a full journal), that is the last entry, with the first line that was not read; before that, it is a problem and nothing was applied.";

    /// <summary>The document, indented, as <c>/openapi.json</c> serves it and <c>openapi/millrace.openapi.json</c> keeps it.</summary>
    public static string Text { get; } = Build().ToJsonString(Indented) + "\n";

    private static JsonObject Build()
    {
        var components = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var paths = new JsonObject
        {
            ["/v1/decide"] = new JsonObject { ["post"] = Operation("Decide what to show", Body(DecideShape.One, components), 200, "The decision", 400, 404, 409, 413, 415) },
            ["/v1/decide:batch"] = new JsonObject { ["post"] = Operation("Decide for many at once", Body(DecideShape.Batch, components), 200, "{decisions[{index, as the reply to /v1/decide}], rejected[], took}: each request stands in one of the lists", 400, 413, 415) },
            ["/v1/events"] = new JsonObject
            {
                ["post"] = Operation("Report what happened; acknowledged when durable", Both(EventShape.Envelope, EventShape.One, components), 202, "{accepted, duplicates, rejected[]}." + Partly, 400, 413, 415, 503),
            },
            ["/v1/items/{id}"] = new JsonObject
            {
                ["parameters"] = IdParameter(components),
                ["put"] = Operation("Put an item, whole; acknowledged when durable", Body(ItemShape.One, components), 200, "{id, outcome: created|replaced|unchanged}", 400, 413, 415, 503),
                ["get"] = Operation("The item's present version", null, 200, "The item", 400, 404),
                ["delete"] = Operation("Delete an item", null, 200, "{id, outcome: deleted|unchanged}", 400, 503),
            },
            ["/v1/items:batch"] = new JsonObject
            {
                ["post"] = Operation("Put and delete many items, one per line", Lines(ItemShape.Line, components), 200, "{created, replaced, unchanged, deleted, rejected[]}." + Partly, 400, 413, 415, 503),
            },
            ["/v1/users/{id}/consent"] = new JsonObject
            {
                ["parameters"] = IdParameter(components),
                ["put"] = Operation("Say what a user consents to; acknowledged when durable", Body(ConsentEndpoint.Shape, components), 200, "{personalise, learn, position}: what holds now", 400, 413, 415, 503),
            },
            ["/v1/users/{id}"] = new JsonObject
            {
                ["parameters"] = new JsonArray([.. IdParameter(components).Select(parameter => parameter!.DeepClone()), SessionParameter(components)]),
                ["get"] = UserPage(),
                ["delete"] = Operation("Erase a user: what was recorded of the user and of the sessions can never be read again", null, 200, "{erased, sessions, position}", 400, 503),
            },
            ["/v1/decisions/{id}"] = Decision("get", "What was decided, what was delivered how, what came back", "The newest decision of the id with delivered[] and observed[]; truncated[] names those that were cut, earlier[] the times of older decisions of the same id, whose facts stand among them", components),
            ["/v1/decisions/{id}/explain"] = Decision("get", "Why each item stands where it stands, and why another does not", "{decisionId, policy, degraded?, scoredBy: blend|heads|place, items[], whyNot?, verdict}", components),
            ["/v1/decisions/{id}/replay"] = Decision("post", "Compute the decision again from the journal", "{verdict: identical|differs|engineChanged|notRecorded|erased|policyMissing|modelMissing, diff[]}", components),
            ["/v1/features"] = new JsonObject { ["get"] = Operation("The features, how fresh each is, and how far new ones are", null, 200, "{definitions, epoch, time, lag, linksLost?, bytesPerItem, features[], neighbours?, backfill?}") },
            ["/v1/features/snapshots"] = new JsonObject { ["get"] = Operation("The snapshots of items that can be fetched, newest first", null, 200, "{snapshots[{name, kind, epoch, time, fingerprint, bytes, hash, cut[]}]}") },
            ["/v1/features/snapshots/{name}"] = new JsonObject { ["parameters"] = SnapshotParameter(), ["get"] = Snapshot() },
            ["/v1/keys"] = new JsonObject
            {
                ["get"] = Operation("The keys; secrets are not kept", null, 200, "{keys[{id, scope, tenant, created}]}"),
                ["post"] = Operation("Make a key", Body(KeyEndpoints.Shape, components), 201, "{id, scope, tenant, created, secret}: the only time that the secret is shown", 400, 409, 413, 415),
            },
            ["/v1/keys/{id}"] = new JsonObject
            {
                ["parameters"] = IdParameter(components),
                ["delete"] = Operation("Revoke a key, from the next request on", null, 200, "{revoked}", 400, 404),
            },
            ["/v1/purge"] = new JsonObject { ["post"] = Operation("Void stored responses, or make them stale", Body(PurgeEndpoint.Shape, components), 200, "{purgeId, position, voided?, edges?{obeyed[], waiting[]}}", 400, 413, 415, 503) },
            ["/v1/purge/{offset}"] = new JsonObject
            {
                ["parameters"] = PurgeWait(),
                ["get"] = Operation("Wait until every edge in touch obeys a purge", null, 200, "{position, obeyed, edges{obeyed[], waiting[]}}", 400, 404, 503),
            },
            ["/v1/features/skew"] = new JsonObject
            {
                ["get"] = Operation("Whether features are served as the journal gives them", null, 200, "{watching, definitions?, since?, reached?, decisions, notCompared, excuse?, features[]}"),
            },
            ["/v1/evaluations"] = new JsonObject
            {
                ["post"] = Operation("What a policy would have earned, by the decisions that were recorded", Body(EvaluationsEndpoint.Shape, components), 200, "{policy, leftOut, a member per estimator, decisions, logged, ess, maxWeight, meanWeight, covered, verdict, reasons[], gates?}", 400, 404, 413, 415, 422, 429),
            },
            ["/v1/cache"] = new JsonObject
            {
                ["parameters"] = CacheQuery(),
                ["get"] = Operation("What the cache knows of a URL, and would do with a GET for it now; /admin/cache/{url} is the same", null, 200, "{key, route, contract, now, reason?, notStored?, held[]}", 400),
            },
        };
        components["Problem"] = Problem();
        OpenApiReplies.Describe(paths, components);
        var schemas = new JsonObject();
        foreach (var (name, schema) in components)
        {
            schemas[name] = schema;
        }

        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Millrace", ["version"] = "1", ["description"] = "Decides what to deliver, delivers it, remembers what came of it. Decisions, purges, erasure and keys are on the admin listener." },
            ["paths"] = paths,
            ["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() }),
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["key"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "A key of `millrace key new`. Scope events: POST /v1/events; api: all of the api listener; admin: both listeners.",
                    },
                },
            },
        };
    }

    private static JsonObject Decision(string method, string summary, string answer, SortedDictionary<string, JsonNode> components) =>
        new() { ["parameters"] = IdParameter(components), [method] = Operation(summary, null, 200, answer, 400, 404) };

    private static JsonArray SnapshotParameter() => new(
        new JsonObject { ["name"] = "name", ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" }, ["description"] = "A name of the list." });

    private static JsonObject Snapshot()
    {
        var get = Operation("A snapshot's bytes, which never change: Range, If-Range and If-None-Match hold, and the ETag is its SHA-256", null, 200, "The bytes", 400, 404);
        var bytes = new JsonObject { ["application/octet-stream"] = new JsonObject() };
        var responses = get["responses"]!.AsObject();
        responses["200"]!["content"] = bytes;
        responses["206"] = new JsonObject { ["description"] = "The bytes of the range", ["content"] = bytes.DeepClone() };
        responses["304"] = new JsonObject { ["description"] = "What the client has is it" };
        responses["416"] = new JsonObject { ["description"] = "The range lies beyond it" };
        return get;
    }

    private static JsonArray PurgeWait() => new(
        new JsonObject { ["name"] = "offset", ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0 }, ["description"] = "position.offset of the purge's reply." },
        new JsonObject { ["name"] = "timeoutMs", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 60_000, ["default"] = 10_000 } });

    private static JsonArray CacheQuery() => new(
        new JsonObject { ["name"] = "url", ["in"] = "query", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" }, ["description"] = "An absolute http or https URL." },
        new JsonObject { ["name"] = "header", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" }, ["maxItems"] = 32 }, ["description"] = "A field of the request, as 'Name: value'." });

    private static JsonObject UserPage()
    {
        var page = Operation("What is kept of a user and of the sessions, page by page", null, 200, "{facts[{at, type, fact}], next?}: next, as from, asks for the page after it; a page may be empty", 400, 503);
        page["parameters"] = new JsonArray(new JsonObject { ["name"] = "from", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" }, ["description"] = "next of the page before." });
        return page;
    }

    private static JsonObject SessionParameter(SortedDictionary<string, JsonNode> components) => new()
    {
        ["name"] = "session",
        ["in"] = "query",
        ["schema"] = new JsonObject { ["type"] = "array", ["items"] = TextShape.Id.Describe(components), ["maxItems"] = 1_000 },
        ["description"] = "Sessions of the user, besides those that are known as such.",
    };

    private static JsonArray IdParameter(SortedDictionary<string, JsonNode> components) =>
        new(new JsonObject { ["name"] = "id", ["in"] = "path", ["required"] = true, ["schema"] = TextShape.Id.Describe(components) });

    private static JsonObject Operation(string summary, JsonObject? body, int status, string answer, params ReadOnlySpan<int> problems)
    {
        var responses = new JsonObject
        {
            [$"{status}"] = new JsonObject { ["description"] = answer, ["content"] = new JsonObject { [RequestBody.JsonType] = new JsonObject() } },
        };
        foreach (var problem in (int[])[.. problems, 401, 403])
        {
            responses[$"{problem}"] = new JsonObject
            {
                ["description"] = "A problem",
                ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
            };
        }

        var operation = new JsonObject { ["summary"] = summary };
        if (body is not null)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = body };
        }

        operation["responses"] = responses;
        return operation;
    }

    private static JsonObject Body<T>(Shape<T> shape, SortedDictionary<string, JsonNode> components) =>
        new() { [RequestBody.JsonType] = new JsonObject { ["schema"] = shape.Describe(components) } };

    private static JsonObject Lines<T>(Shape<T> line, SortedDictionary<string, JsonNode> components) => new()
    {
        [RequestBody.NdjsonType] = new JsonObject { ["schema"] = line.Describe(components) },
    };

    private static JsonObject Both<TEnvelope, TLine>(Shape<TEnvelope> envelope, Shape<TLine> line, SortedDictionary<string, JsonNode> components)
    {
        var both = Body(envelope, components);
        both[RequestBody.NdjsonType] = new JsonObject { ["schema"] = line.Describe(components) };
        return both;
    }

    private static JsonObject Problem() => new()
    {
        ["type"] = "object",
        ["description"] = "RFC 9457.",
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. Enum.GetValues<ProblemReason>().Select(r => (JsonNode)("urn:millrace:" + r.Word()))]),
            },
            ["title"] = new JsonObject { ["type"] = "string" },
            ["status"] = new JsonObject { ["type"] = "integer" },
            ["detail"] = new JsonObject { ["type"] = "string" },
            ["errors"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject { ["$ref"] = "#/components/schemas/Fault" },
            },
        },
    };
}
