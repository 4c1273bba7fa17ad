using System.Text.Json.Nodes;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Api;

/// <summary>What the API answers, as schemas of the OpenAPI document. Requests describe themselves; a test holds these to the replies of a node.</summary>
internal static class OpenApiReplies
{
    private static readonly (string Path, string Method, int Status, string Schema)[] Replies =
    [
        ("/v1/decide", "post", 200, "DecideReply"),
        ("/v1/decide:batch", "post", 200, "DecideBatchReply"),
        ("/v1/events", "post", 202, "EventsReply"),
        ("/v1/items/{id}", "put", 200, "ItemOutcome"),
        ("/v1/items/{id}", "get", 200, "ItemReply"),
        ("/v1/items/{id}", "delete", 200, "ItemOutcome"),
        ("/v1/items:batch", "post", 200, "ItemsReply"),
        ("/v1/users/{id}/consent", "put", 200, "ConsentReply"),
        ("/v1/users/{id}", "get", 200, "UserReply"),
        ("/v1/users/{id}", "delete", 200, "ErasedReply"),
        ("/v1/decisions/{id}", "get", 200, "DecisionReply"),
        ("/v1/decisions/{id}/explain", "get", 200, "ExplainReply"),
        ("/v1/decisions/{id}/replay", "post", 200, "ReplayReply"),
        ("/v1/features", "get", 200, "FeaturesReply"),
        ("/v1/features/snapshots", "get", 200, "SnapshotsReply"),
        ("/v1/keys", "get", 200, "KeysReply"),
        ("/v1/keys", "post", 201, "KeyMade"),
        ("/v1/keys/{id}", "delete", 200, "KeyRevoked"),
        ("/v1/purge", "post", 200, "PurgeReply"),
        ("/v1/purge/{offset}", "get", 200, "PurgeWaited"),
        ("/v1/cache", "get", 200, "CacheReply"),
        ("/v1/evaluations", "post", 200, "EvaluationReply"),
        ("/v1/features/skew", "get", 200, "SkewReply"),
    ];

    /// <summary>Puts the schemas into <paramref name="components"/>, and a reference to its own into each reply of <paramref name="paths"/>.</summary>
    public static void Describe(JsonObject paths, SortedDictionary<string, JsonNode> components)
    {
        foreach (var (name, members) in Schemas())
        {
            components[name] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Schema.DeepClone()))),
                ["required"] = new JsonArray([.. members.Where(m => m.Always).Select(m => (JsonNode)m.Name)]),
            };
        }

        foreach (var (path, method, status, schema) in Replies)
        {
            paths[path]![method]!["responses"]![$"{status}"]!["content"]![RequestBody.JsonType] = new JsonObject { ["schema"] = Ref(schema) };
        }
    }

    private static IEnumerable<(string Name, Member[] Members)> Schemas()
    {
        Member[] decision =
        [
            new("decisionId", Type("string")), new("slots", List(Ref("DecidedSlot"))), new("policy", Type("string")), new("model", Type("string"), Always: false),
            new("features", Ref("FeatureSnapshot")), new("propensities", Words("conditional")), new("degraded", Ref("Degraded"), Always: false),
        ];
        Member[] explanation =
        [
            new("asOf", Time(), Always: false), new("scoredBy", Words("blend", "heads", "place"), Always: false), new("items", List(Ref("ExplainedItem")), Always: false),
            new("whyNot", Ref("WhyNot"), Always: false),
            new("verdict", Words("explained", "engineChanged", "notRecorded", "erased", "policyMissing", "modelMissing", "unreadable")),
        ];
        Member[] candidate =
        [
            new("id", Type("string")), new("slot", Type("string"), Always: false), new("rank", Type("integer"), Always: false), new("utility", Type("number"), Always: false),
            new("byUtility", Type("integer"), Always: false), new("source", List(Type("string")), Always: false), new("greedy", Ref("SlatePlace"), Always: false),
            new("without", List(Ref("Counterfactual")), Always: false), new("heads", List(Ref("ExplainedHead")), Always: false),
        ];
        yield return ("DecideReply", [.. decision, new("took", Type("number")), new("explain", Ref("Explanation"), Always: false)]);
        yield return ("DecideBatchReply", [new("decisions", List(Ref("BatchDecision"))), .. Rejections(), new("took", Type("number"))]);
        yield return ("BatchDecision", [new("index", Type("integer")), .. decision, new("took", Type("number")), new("explain", Ref("Explanation"), Always: false)]);
        yield return ("DecidedSlot", [new("id", Type("string")), new("items", List(Ref("DecidedItem")))]);
        yield return ("DecidedItem",
        [
            new("id", Type("string")), new("rank", Type("integer")), new("score", Type("number"), Always: false), new("propensity", Type("number")),
            new("explored", Type("boolean")), new("explorable", Type("boolean")), new("source", List(Type("string"))), new("token", Type("string"), Always: false),
            new("url", Type("string"), Always: false),
        ]);
        yield return ("FeatureSnapshot", [new("epoch", Type("integer"))]);
        yield return ("Degraded", [new("level", Type("integer")), new("reasons", List(Type("string"))), new("relaxed", List(Type("string")), Always: false)]);
        yield return ("DecisionReply",
        [
            .. decision, new("surface", Type("string")), new("mode", Type("string")), new("time", Time()), new("engine", Type("integer")), new("candidates", Type("integer")),
            new("full", Type("boolean")), new("erased", Type("boolean")), new("delivered", List(Ref("DeliveredFact"))), new("observed", List(Ref("ObservedFact"))),
            new("truncated", List(Words("delivered", "observed")), Always: false), new("earlier", List(Time()), Always: false),
        ]);
        yield return ("DeliveredFact",
        [
            new("item", Type("string"), Always: false), new("rank", Type("integer"), Always: false), new("route", Type("string")), new("outcome", Type("string")),
            new("status", Type("integer")), new("timeToFirstByteMs", Type("number")), new("bodyBytes", Type("integer")), new("complete", Type("boolean")), new("time", Time()),
        ]);
        yield return ("ObservedFact",
        [
            new("id", Type("string")), new("type", Type("string")), new("item", Type("string")), new("position", Type("integer"), Always: false),
            new("slot", Type("string"), Always: false), new("value", Type("number"), Always: false), new("unit", Type("string"), Always: false), new("attested", Type("boolean")), new("counted", Type("boolean")),
            new("time", Time()),
        ]);
        yield return ("Explanation", explanation);
        yield return ("ExplainReply", [new("decisionId", Type("string")), new("policy", Type("string")), new("degraded", Ref("Degraded"), Always: false), .. explanation]);
        yield return ("ExplainedItem", candidate);
        yield return ("WhyNot",
        [
            new("reason", Words("shown", "unknownItem", "notLive", "filtered", "notGathered", "firstPhase", "threshold", "explored", "rule", "outranked")), new("detail", Type("string"), Always: false),
            .. candidate,
        ]);
        yield return ("SlatePlace", [new("slot", Type("string")), new("rank", Type("integer"))]);
        yield return ("Counterfactual", [new("rule", Type("string")), new("place", Ref("SlatePlace"), Always: false)]);
        yield return ("ExplainedHead",
        [
            new("head", Type("string")), new("weight", Type("number")), new("value", Type("number"), Always: false), new("raw", Type("number"), Always: false),
            new("base", Type("number"), Always: false), new("contributions", List(Ref("Contribution"))), new("others", Type("number"), Always: false),
        ]);
        yield return ("Contribution",
        [
            new("feature", Type("string")), new("weight", Type("number"), Always: false), new("value", new JsonObject { ["type"] = new JsonArray("number", "null") }, Always: false),
            new("contribution", Type("number"), Always: false),
        ]);
        yield return ("FeaturesReply",
        [
            new("definitions", Type("string")), new("epoch", Type("integer")), new("time", Time()), new("lag", Type("integer")), new("bytesPerItem", Type("integer")),
            new("features", List(Ref("Feature"))), new("linksLost", Type("boolean"), Always: false), new("backfill", Ref("Backfill"), Always: false),
            new("neighbours", List(Ref("NeighbourIndex")), Always: false),
        ]);
        yield return ("NeighbourIndex",
        [
            new("dimensions", Type("integer")), new("items", Type("integer")), new("lists", Type("integer")), new("bytes", Type("integer")), new("leftOut", Type("integer")),
            new("epoch", Type("integer")), new("lagMs", Type("number")), new("searched", Type("boolean")),
        ]);
        yield return ("Feature",
        [
            new("name", Type("string")), new("state", Words("serving", "folding", "leaving", "removed")), new("kind", Type("string"), Always: false),
            new("entity", Type("string"), Always: false), new("life", Words("active", "deprecated"), Always: false),
            new("sensitivity", Words("none", "personal", "protected"), Always: false), new("owner", Type("string"), Always: false), new("description", Type("string"), Always: false),
            new("inputs", List(Type("string")), Always: false), new("reachSeconds", Type("number"), Always: false), new("fresh", Ref("FeatureFreshness"), Always: false),
            new("inexact", Ref("Inexactness"), Always: false), new("misfits", List(Ref("Misfits")), Always: false),
        ]);
        yield return ("Inexactness", [new("bound", Type("string")), new("since", Time()), new("until", Time(), Always: false)]);
        yield return ("Misfits",
            [new("field", Type("string")), new("expected", Type("string")), new("items", Type("integer")), new("item", Type("string")), new("got", Type("string"))]);
        yield return ("FeatureFreshness",
        [
            new("objectiveMs", Type("number"), Always: false), new("missed", Type("boolean"), Always: false), new("maxMs", Type("number"), Always: false),
            new("p99Ms", Type("number"), Always: false),
        ]);
        yield return ("Backfill",
        [
            new("folded", Type("integer")), new("total", Type("integer")), new("perSecond", Type("integer")), new("level", Type("boolean")),
            new("secondsLeft", Type("integer"), Always: false),
        ]);
        yield return ("SnapshotsReply", [new("snapshots", List(Ref("SnapshotFile")))]);
        yield return ("SnapshotFile",
        [
            new("name", Type("string")), new("kind", Words("items")), new("epoch", Type("integer")), new("time", Time()), new("fingerprint", Type("string")),
            new("bytes", Type("integer")), new("hash", Type("string")), new("cut", List(Ref("Position"))),
        ]);
        yield return ("ReplayReply", [new("verdict", Words("identical", "differs", "engineChanged", "notRecorded", "erased", "policyMissing", "modelMissing")), new("diff", List(Type("string")))]);
        yield return ("EventsReply", [new("accepted", Type("integer")), new("duplicates", Type("integer")), .. Rejections()]);
        yield return ("ItemsReply",
            [new("created", Type("integer")), new("replaced", Type("integer")), new("unchanged", Type("integer")), new("deleted", Type("integer")), .. Rejections()]);
        yield return ("Rejected",
        [
            new("index", Type("integer"), Always: false), new("line", Type("integer"), Always: false), new("id", Type("string"), Always: false), new("reason", Type("string")),
            new("errors", List(Ref("Fault")), Always: false),
        ]);
        yield return ("Fault",
            [new("pointer", Type("string")), new("expected", Type("string")), new("got", Type("string"), Always: false), new("nearest", Type("string"), Always: false)]);
        yield return ("ItemOutcome", [new("id", Type("string")), new("outcome", Words("created", "replaced", "unchanged", "deleted"))]);
        yield return ("ItemReply",
        [
            new("id", Type("string")), new("kind", Type("string"), Always: false), new("provider", Type("string"), Always: false), new("bodyUrl", Type("string"), Always: false),
            new("published", Time(), Always: false), new("expires", Time(), Always: false),
            new("attributes", new JsonObject { ["type"] = "object", ["additionalProperties"] = List(Type("string")) }), new("embedding", List(Type("number"))),
        ]);
        yield return ("ConsentReply", [new("personalise", Type("boolean")), new("learn", Type("boolean")), new("position", Ref("Position"))]);
        yield return ("UserReply", [new("facts", List(Ref("UserFact"))), new("next", Type("string"), Always: false)]);
        yield return ("UserFact",
            [new("at", Type("string")), new("type", Words("Observed", "ConsentChanged", "Decided")), new("fact", new JsonObject { ["type"] = "object", ["additionalProperties"] = true })]);
        yield return ("ErasedReply", [new("erased", Type("boolean")), new("sessions", Type("integer")), new("position", Ref("Position"))]);
        yield return ("PurgeReply", [new("purgeId", Type("string")), new("position", Ref("Position")), new("voided", Type("integer"), Always: false), new("edges", Ref("PurgeEdges"), Always: false)]);
        yield return ("PurgeWaited", [new("position", Ref("Position")), new("obeyed", Type("boolean")), new("edges", Ref("PurgeEdges"))]);
        yield return ("PurgeEdges", [new("obeyed", List(Type("string"))), new("waiting", List(Type("string")))]);
        yield return ("Position", [new("stream", Type("string")), new("partition", Type("integer")), new("offset", Type("integer"))]);
        yield return ("CacheReply",
        [
            new("key", Type("string")), new("keyHash", Type("string")), new("route", Type("string"), Always: false), new("contract", Words("available", "bounded", "strict"), Always: false),
            new("contractPastSeconds", Type("number"), Always: false), new("setCookie", Words("pass", "strip", "store"), Always: false), new("requestDirectives", Words("obey", "ignore"), Always: false),
            new("now", Words("serve", "serveAndRenew", "fetch", "pass", "fail")), new("reason", Type("string"), Always: false),
            new("notStored", Type("string"), Always: false), new("purgesObeyed", Type("integer")), new("held", List(Ref("HeldCopy"))),
        ]);
        yield return ("EvaluationReply",
        [
            new("policy", Type("string")), new("leftOut", new JsonObject { ["type"] = "object", ["additionalProperties"] = Type("integer") }), .. EstimatorNames.OfSlates.Select(static name => new Member(name, Ref("EstimateReply"), Always: false)),
            new("decisions", Type("integer")), new("logged", NumberOrNull()), new("ess", NumberOrNull()), new("maxWeight", NumberOrNull()), new("meanWeight", NumberOrNull()), new("covered", NumberOrNull()), new("persons", Type("integer")), new("outcomes", Type("integer")), new("leftOutShare", NumberOrNull()),
            new("verdict", Words([.. Enum.GetValues<Verdict>().Select(static verdict => verdict.Word())])), new("reasons", List(Words([.. Enum.GetValues<NotEvaluableReason>().Select(static reason => reason.Word())]))),
            new("gates", new JsonObject { ["type"] = "object", ["additionalProperties"] = Words([.. Enum.GetValues<Verdict>().Select(static verdict => verdict.Word())]) }, Always: false),
        ]);
        yield return ("EstimateReply",
        [
            new("value", NumberOrNull()), new("low", NumberOrNull()), new("high", NumberOrNull()), new("anytimeLow", NumberOrNull(), Always: false), new("anytimeHigh", NumberOrNull(), Always: false),
            new("aboveLogged", NumberOrNull(), Always: false), new("aboveLow", NumberOrNull(), Always: false), new("aboveHigh", NumberOrNull(), Always: false),
        ]);
        yield return ("SkewReply",
        [
            new("watching", Type("boolean")), new("definitions", Type("string"), Always: false), new("since", Time(), Always: false), new("reached", Time(), Always: false),
            new("decisions", Type("integer")), new("notCompared", new JsonObject { ["type"] = "object", ["additionalProperties"] = Type("integer") }),
            new("excuse", Words("erased", "recordsSkipped"), Always: false), new("features", List(Ref("FeatureSkew"))),
        ]);
        yield return ("FeatureSkew",
        [
            new("name", Type("string")), new("alarm", Type("boolean")), new("compared", Type("integer")), new("mismatched", Type("integer")), new("missing", Type("integer")),
            new("extra", Type("integer")), new("excuse", Words("boundHit", "erased", "recordsSkipped"), Always: false), new("first", Type("string"), Always: false), new("firstTime", Time(), Always: false),
        ]);
        yield return ("HeldCopy",
        [
            new("tier", Type("string")), new("selected", Type("boolean")), new("status", Type("integer")), new("bytes", Type("integer")), new("since", Time()), new("freshUntil", Time()),
            new("ageSeconds", Type("number")), new("lifetimeSeconds", Type("number")), new("lifetimeFrom", Words("none", "sMaxage", "maxAge", "expires", "heuristic", "route", "purge")),
            new("vary", List(Ref("VaryField"))), new("surrogateKeys", List(Type("string"))), new("etag", Type("string"), Always: false), new("lastModified", Type("string"), Always: false),
            new("began", Type("integer")), new("purged", Words("untouched", "stale", "void")), new("unverified", Type("boolean")),
        ]);
        yield return ("VaryField", [new("name", Type("string")), new("value", Type("string"), Always: false)]);
        yield return ("KeysReply", [new("keys", List(Ref("KeyReply")))]);
        yield return ("KeyReply", [.. Key()]);
        yield return ("KeyMade", [.. Key(), new("secret", Type("string"))]);
        yield return ("KeyRevoked", [new("revoked", Type("string"))]);
    }

    private static Member[] Rejections() => [new("rejected", List(Ref("Rejected"))), new("unlistedRejected", Type("integer"), Always: false)];

    private static Member[] Key() => [new("id", Type("string")), new("scope", Words("admin", "api", "events")), new("tenant", Type("string")), new("created", Time())];

    private static JsonObject NumberOrNull() => new() { ["type"] = new JsonArray("number", "null") };

    private static JsonObject Type(string type) => new() { ["type"] = type };

    private static JsonObject Time() => new() { ["type"] = "string", ["format"] = "date-time" };

    private static JsonObject Words(params string[] words) => new() { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) };

    private static JsonObject List(JsonObject item) => new() { ["type"] = "array", ["items"] = item };

    private static JsonObject Ref(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    private sealed record Member(string Name, JsonObject Schema, bool Always = true);
}
