using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Millrace.CacheSim;
using Millrace.Delivery.Eviction;

namespace Millrace.Node.Configuration;

/// <summary>The shared cache of the delivery listener.</summary>
internal sealed record CacheSection
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("memory", Scalars.Size(1 << 20, 1L << 42), "Bytes of stored responses.", "256MiB", "fits a laptop; raise it to what the machine can spare"),
        new("object", Scalars.Size(1 << 10, 1L << 30), "Larger bodies are streamed, not stored.", "8MiB", "holds pages and images, not films"),
        new("disk", Scalars.Line("a folder", 4096), "Where stored responses are kept beyond memory and across restarts. One process at a time has it. Without it memory alone."),
        new("diskBytes", Scalars.Size(64 << 20, 1L << 50), "Bytes of it.", "10GiB", "about a million objects of the web's median size"),
        new("purgeLease", Scalars.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "For how long after a purge was acknowledged a node that cannot hear of it may serve what it names, on strict and bounded routes.", "5s", "DESIGN: the lease L"),
        new("purges", Scalars.Integer(1_000, 10_000_000), "Names of purges that are remembered for what is on its way, some 50 bytes each; beyond it everything that began earlier counts as purged.", "65536", "an hour of 18 purges a second"),
        new("eviction", new ScalarShape(
            $"one of {string.Join(", ", PolicyNames.Online.Select(static policy => policy.Name))}", static t => PolicyNames.Find(t), () => new() { ["enum"] = new JsonArray([.. PolicyNames.Online.Select(static policy => (JsonNode)policy.Name)]) }),
            "The policy by which memory chooses what to keep; `millrace cache-sim` compares them on a log of yours.", "default", "measured on logs: never below LRU, and no less than S3-FIFO and W-TinyLFU"),
        new("variants", Scalars.Integer(1, 10_000), "Variants of one URL that are kept; the oldest leaves.", "32", "codings, languages and devices, not persons"),
        new("slice", Scalars.Size(4 << 10, 16 << 20), "The slices by which large objects are fetched for ranges and held.", "1MiB", "a range asks the origin for at most a slice more at each end"),
        new("arriving", Scalars.Size(1 << 20, 1L << 42), "Memory for bodies that arrive, or are read after they left the store. Above it new bodies pass unstored.", "64MiB", "eight of the largest that are stored"),
        new("collapseWait", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long a request waits for the head of another's origin request; then one of those who wait asks anew.", "10s", "an origin that is so slow is not helped by more patience"),
        new("hitForMiss", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long an object that proved uncacheable is not waited for.", "20s", "Varnish: 120 s; shorter notices sooner that it became cacheable"),
        new("failureMemo", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long an origin that failed is not asked for the same object again.", "1s", "an outage costs it one request a second and object"),
        new("peers", new ListShape("a list of networks", new ScalarShape(
            "a network like '10.0.0.0/8' or '2001:db8::/32'", static t => IPNetwork.TryParse(t, out var network) ? network : null, () => new() { ["type"] = "string" }), 0, 1_000),
            "Where nodes of this product ask from, as edges of this shield: what they say of the client's scheme is believed. [] and nothing are any network."),
    ]);

    public required long Memory { get; init; }

    public required long Object { get; init; }

    /// <summary>Null for none.</summary>
    public required string? Disk { get; init; }

    public required long DiskBytes { get; init; }

    public required TimeSpan PurgeLease { get; init; }

    public required int Purges { get; init; }

    public required EvictionKind Eviction { get; init; }

    public required int Variants { get; init; }

    public required long Slice { get; init; }

    public required long Arriving { get; init; }

    public required TimeSpan CollapseWait { get; init; }

    public required TimeSpan HitForMiss { get; init; }

    public required TimeSpan FailureMemo { get; init; }

    public required ImmutableArray<IPNetwork> Peers { get; init; }

    public static CacheSection Bind(BoundObject cache) => new()
    {
        Memory = cache.Get<long>("memory"),
        Object = cache.Get<long>("object"),
        Disk = cache["disk"].Text,
        DiskBytes = cache.Get<long>("diskBytes"),
        PurgeLease = cache.Get<TimeSpan>("purgeLease"),
        Purges = cache.Get<int>("purges"),
        Eviction = cache.Get<EvictionKind>("eviction"),
        Variants = cache.Get<int>("variants"),
        Slice = cache.Get<long>("slice"),
        Arriving = cache.Get<long>("arriving"),
        CollapseWait = cache.Get<TimeSpan>("collapseWait"),
        HitForMiss = cache.Get<TimeSpan>("hitForMiss"),
        FailureMemo = cache.Get<TimeSpan>("failureMemo"),
        Peers = [.. cache["peers"].Items.Select(static peer => (IPNetwork)peer.Value!)],
    };
}
