using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>The declaration of millrace.yaml: every setting, what it may be, its default and why.</summary>
internal static class NodeShape
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static ObjectShape Root { get; } = new("a mapping of sections",
    [
        new("node", Node(), "This process."),
        new("listen", Listen(), "The listeners: paths of ours never shadow an origin's."),
        new("tls", TlsSection.Shape, "TLS of the delivery listener."),
        new("routes", new ListShape("a list of routes", RouteShape.Route(), 0, 10_000), "What the delivery listener serves, from where and by which rules.", Reloads: true),
        new("origins", new MapShape("a mapping of origin groups by name", OriginShape.Group(), 1_000), "Groups of servers that answer for the same content; a route's `origin` names one.", Reloads: true),
        new("shields", new MapShape("a mapping of shield tiers by name", OriginShape.Shields(), 100), "Tiers of nodes of this product between this one and the origins; a route's `shield` names one. An edge takes no answer of theirs that is older than a purge which it has obeyed itself; until nodes share one journal, shields validate at the origin for that, so name the edges in their `cache.peers`: then once for all of them.", Reloads: true),
        new("features", new ListShape("a list of features", FeatureShape.Feature, 0, 1_000), "Values about items, users and sessions that policies blend.", Reloads: true),
        new("folding", Folding(), "What is known of items, users and sessions, and its bounds; hitting one is counted."),
        new("skew", SkewSection.Shape, "Whether features are served as the journal gives them: a watch that recomputes what was served."),
        new("policies", new MapShape("a mapping of policies by name", PolicyShape.Policy(), 1_000), "How surfaces decide.", Reloads: true),
        new("surfaces", new MapShape("a mapping of surfaces by name", Surface(), 1_000), "Places where content is chosen.", Reloads: true),
        new("browsers", Browsers(), "Web pages that send events by themselves, with a key of the scope events.", Reloads: true),
        new("cache", CacheSection.Shape, "The shared cache of the delivery listener."),
        new("compression", CompressionSection.Shape, "What the cache compresses, and at what price."),
        new("upstream", UpstreamSection.Shape, "Talking to origins and shields, all of them alike; what differs stands in `routes` and `origins`."),
        new("journal", Journal(), "The log that is the truth."),
        new("events", Events(), "What comes back: impressions, clicks and the like."),
        new("outcomes", OutcomesSection.Shape, "What counts as an outcome of an item that was shown: the labels of `millrace labels build`. click, conversion, dwell, hide, impression and report are there unwritten; what is written changes or adds.", Reloads: true),
        new("limits", LimitsSection.Shape, "The bounds of the listeners and queues; hitting one is counted."),
        new("log", Log(), "The structured log."),
        new("accessLog", AccessLogSection.Shape, "A line of JSON for each request of the delivery listener, or for a share of them."),
    ]);

    private static ObjectShape Node() => new("a mapping",
    [
        new("data", Scalars.Line("a directory", 4096), "The data directory: journal, keys, secrets.", "./data", "below the directory where the node is started"),
        new("name", Scalars.Name, "This node's name in logs and Cache-Status.", "millrace", "one node needs no other name"),
    ]);

    private static ObjectShape Listen() => new("a mapping",
    [
        new("delivery", Scalars.Address, "Routes only.", ":8080", "the usual port of an HTTP proxy"),
        new("api", Scalars.AddressOrOff, "Decide, events, items; `off` for a cache alone.", ":8081", "beside delivery"),
        new("admin", Scalars.Address, "Everything else: metrics, health, purge, policies.", "127.0.0.1:8082", "reachable from this machine only, until you say otherwise"),
    ]);

    private static ObjectShape Folding() => new("a mapping",
    [
        new("items", Scalars.Integer(1, 100_000_000), "Items of the catalogue, deleted ones as long as anything counts them; changes of further items are refused.", "2000000", "two million of a few features fit a laptop"),
        new("sessions", Scalars.Integer(1, 100_000_000), "Sessions of each partition that are followed for pairs; the one quiet for longest leaves.", "1000000", "half an hour of 500 new sessions a second"),
        new("persons", Scalars.Integer(1, 100_000_000), "Sessions and users whose last items are kept; the least recently active leaves.", "1000000", "two hours of 120 new sessions a second"),
        new("pairs", Scalars.Integer(1, 1_000_000_000), "Pairs of items that one co-occurrence counts at a time; further ones are refused.", "10000000", "some 120 bytes each"),
        new("segments", Scalars.Integer(1, 10_000), "Segments that have a list of their own; further ones count in the global list only.", "64", "countries or languages, not persons"),
        new("session", Scalars.Duration(Second, TimeSpan.FromHours(12)), "A session that was idle for so long begins anew.", "30m", "what web analytics take for a session's end"),
        new("lists", Scalars.Name, "The event that popular and segment lists count.", "click", "the commonest sign of interest"),
        new("checkpoint", Scalars.Duration(Second, TimeSpan.FromDays(1)), "How often a snapshot of what is folded is written beside the journal; a start folds what came since. One is written at a clean stop too.", "5m", "a start then folds minutes and not months, and writing takes seconds"),
        new("refit", Scalars.DurationOrOff(Second, TimeSpan.FromDays(1)), "How often the priors of rates with `prior: fitted` are fitted to the items' rates. One that is more than 1 % off the prior in force is recorded; `off` keeps what was recorded last.", "10m", "what items are like as a whole changes slowly, and each fit is a fact that stays"),
        new("neighbours", Scalars.Size(1 << 20, 1L << 40), "Memory of the index of each embedding that policies look for neighbours in; items beyond it are not found as neighbours, and are counted (`millrace.neighbours.left_out`). An item takes five to six bytes of each of its values.", "1GiB", "three million items of 64 values"),
        new("scanned", Scalars.Integer(0, 100_000_000), "Neighbours among fewer items than this are looked for by a scan of all, which needs no index.", "10000", "a scan of so many takes about a millisecond"),
    ]);

    private static ObjectShape Surface() => new("a surface like {policy: home, slots: [{id: main, count: 10}]}",
    [
        new("policy", Scalars.Name, "The policy that decides here.", Required: true),
        new("slots", new ListShape("a list of slots", new ObjectShape("a slot like {id: main, count: 10}",
        [
            new("id", Scalars.Name, "Unique on its surface.", Required: true),
            new("count", Scalars.Integer(1, 100), "How many items it shows.", Required: true),
        ]), 1, 20), $"Filled in this order; at most {PolicyValidator.MostItems} items over all of them.", Required: true),
        new("atOnce", Scalars.Integer(1, 10_000), "A bulkhead: at most so many decisions of this surface under way; further ones are answered from the ladder's lists and say `bulkheadFull`. Without it there is no limit. Deciding keeps a processor busy, so below the number of processors it leaves some to other surfaces."),
    ]);

    private static ObjectShape Browsers() => new("a mapping",
    [
        new("origins", new ListShape("a list of origins", new ScalarShape(
            "'*' or an origin like 'https://news.example'", BrowserOrigin.Parse, () => new() { ["type"] = "string", ["pattern"] = BrowserOrigin.Pattern }), 0, 100),
            "Origins whose pages may call POST /v1/events across origins; [] for none. Without it any may: the key in the page is what allows, and others can send it without a browser.", Reloads: true),
    ]);

    private static ObjectShape Journal() => new("a mapping",
    [
        new("partitions", Scalars.Integer(1, 256), "Partitions of items, events, decisions, deliveries; fixed when the data directory is made.", "2", "DESIGN: two, even on one node"),
        new("retention", Scalars.Duration(TimeSpan.FromHours(1), 3_650 * Day), "How long events, decisions and deliveries are kept, at most 64 GiB of each partition. Without it a week, or what features look back and two days, if that is longer."),
        new("fullDecisions", Scalars.Size(1 << 10, 1L << 40), "Bytes per second of decisions recorded with every input, so that they can be replayed; the others are recorded slim, and counted.", "8MiB", "about 1,400 decisions of 200 candidates a second: all of a laptop's, a share of a spike's"),
        new("anonymousDeliveries", Scalars.Number(0, 1), "The share of deliveries recorded that no decision led to; those with a token are all recorded.", "0.1", "docs/CAPACITY.md: all of them would be ten times the bytes for no better estimate"),
    ]);

    private static ObjectShape Events() => new("a mapping",
    [
        new("unattested", Scalars.OneOf("record", "count"), "An event that came with a browser's key (scope events) and without a token: `record` keeps and shows it and lets its own session know, but no feature of an item counts it; `count` counts it like any other.", "record", "everybody can read a browser's key, and a thousand clicks with it would move a list"),
    ]);

    private static ObjectShape Log() => new("a mapping",
    [
        new("level", Scalars.OneOf("trace", "debug", "information", "warning", "error"), "The least level written.", "information", "a line per event of the node's life, none per request", Reloads: true),
        new("format", Scalars.OneOf("json", "text"), "One JSON object per line, or text for people.", "json", "machines read it first"),
    ]);
}
