namespace Millrace.Node.Configuration;

/// <summary>The bounds of the listeners and queues.</summary>
internal sealed record LimitsSection
{
    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("requestBody", Scalars.Size(1 << 10, 1L << 30), "The largest request body on api and admin, as it comes and inflated.", "16MiB", "a batch of 10,000 events of 1 KiB, with room"),
        new("requestLine", Scalars.Size(1 << 10, 1 << 20), "The longest line of an NDJSON body; a longer one is refused and the rest applies.", "64KiB", "an item with an embedding of 4,096 numbers"),
        new("requestLines", Scalars.Integer(1, 10_000_000), "Lines of an NDJSON body.", "100000", "some 400 group commits: seconds of a slow disk"),
        new("uploadBody", Scalars.Size(1 << 10, 1L << 40), "The largest request body that the delivery listener passes to an origin.", "1GiB", "it is streamed, never held"),
        new("requestHeaders", Scalars.Size(1 << 10, 1 << 20), "All header bytes of a request.", "32KiB", "what Kestrel and most servers take"),
        new("requestHeaderCount", Scalars.Integer(1, 1_000), "Header fields of a request.", "100", "what Kestrel takes"),
        new("connections", Scalars.Integer(1, 1_000_000), "Open connections of each listener.", "10000", "about 200 MB of kernel and server buffers"),
        new("requests", Scalars.Integer(1, 10_000_000), "Requests that the delivery listener has in hand; more get 503.", "8192", "with a megabyte each on its way they fill what a small machine has"),
        new("connectionsPerClient", Scalars.Integer(1, 1_000_000), "Of them, from one address (IPv6: one /64) to the delivery listener; more are reset.", "4096", "wide enough for a proxy or a campus behind one address"),
        new("requestsPerConnection", Scalars.Integer(1, 1_000_000_000), "Requests on one connection to the delivery listener; then it ends, behind its answers.", "100000", "load spreads again, and a handshake stays rare"),
        new("streams", Scalars.Integer(1, 10_000), "Streams of one HTTP/2 connection at once.", "128", "RFC 9113 §6.5.2 recommends no fewer than 100"),
        new("controlFrames", Scalars.Integer(1, 1_000_000), "HTTP/2 frames a second that carry neither a request nor data, in the mean over ten seconds; beyond it the connection is cut.", "100", "a busy browser sends some ten"),
        new("clientRate", Scalars.Size(1, 1L << 30), "Bytes a second at which a client of the delivery listener must send a body or take a response.", "500", "a phone in a lift is faster, and a stalled reader holds memory"),
        new("clientGrace", Scalars.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "How long a client may stall before `clientRate` counts.", "10s", "a phone that changes cells"),
        new("keepAlive", Scalars.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "An idle connection is closed after this.", "130s", "above the 120 s of common load balancers, which must close first"),
        new("headerTimeout", Scalars.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "The whole head of a request must arrive within this.", "15s", "slower ones are attacks or broken"),
        new("drain", Scalars.Duration(TimeSpan.Zero, TimeSpan.FromHours(1)), "How long requests in flight may take after SIGTERM and `limits.drainGrace`.", "25s", "with the grace below the 30 s after which orchestrators kill"),
        new("drainGrace", Scalars.Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), "How long after SIGTERM new requests are still taken, while readiness says 503. Ctrl-C knows no grace; a second signal ends it.", "3s", "load balancers see the readiness within some seconds; until then a closed port is an error of theirs"),
        new("writeBehind", Scalars.Integer(64, 1 << 22), "Facts that may wait for the disk behind a reply.", "65536", "two seconds of the planned peak of 36,000/s on one of several nodes"),
        new("decide", Scalars.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)), "A decision's time when the request names none; then the ladder answers.", "100ms", "a page waits no longer for its list"),
        new("tenantDecisions", Scalars.Integer(1, 10_000), "A bulkhead: at most so many decisions of one tenant under way; further ones are answered from the ladder's lists and say `bulkheadFull`. Without it there is no limit."),
        new("rememberedDecisions", Scalars.Size(1 << 16, 1L << 40), "Bytes of answers kept for ten minutes, so that the same decision id gets the same answer; beyond it the oldest go early, and are counted.", "256MiB", "about half a million answers of ten items: ten minutes of 900/s"),
        new("recalledDecisions", Scalars.Integer(1_000, 100_000_000), "Decisions of the last day whose surface, segment and context are known without asking the journal, some 80 bytes each.", "1000000", "most events come within minutes; the journal knows the rest"),
    ]);

    public required long RequestBody { get; init; }

    public required long RequestLine { get; init; }

    public required int RequestLines { get; init; }

    public required long UploadBody { get; init; }

    public required long RequestHeaders { get; init; }

    public required int RequestHeaderCount { get; init; }

    public required int Connections { get; init; }

    public required int Requests { get; init; }

    public required int ConnectionsPerClient { get; init; }

    public required int RequestsPerConnection { get; init; }

    public required int Streams { get; init; }

    public required int ControlFrames { get; init; }

    public required long ClientRate { get; init; }

    public required TimeSpan ClientGrace { get; init; }

    public required TimeSpan KeepAlive { get; init; }

    public required TimeSpan HeaderTimeout { get; init; }

    public required TimeSpan Drain { get; init; }

    public required TimeSpan DrainGrace { get; init; }

    public required int WriteBehind { get; init; }

    public required TimeSpan Decide { get; init; }

    /// <summary>0 has no limit.</summary>
    public required int TenantDecisions { get; init; }

    public required long RememberedDecisions { get; init; }

    public required int RecalledDecisions { get; init; }

    public static LimitsSection Bind(BoundObject limits) => new()
    {
        RequestBody = limits.Get<long>("requestBody"),
        RequestLine = limits.Get<long>("requestLine"),
        RequestLines = limits.Get<int>("requestLines"),
        UploadBody = limits.Get<long>("uploadBody"),
        RequestHeaders = limits.Get<long>("requestHeaders"),
        RequestHeaderCount = limits.Get<int>("requestHeaderCount"),
        Connections = limits.Get<int>("connections"),
        Requests = limits.Get<int>("requests"),
        ConnectionsPerClient = limits.Get<int>("connectionsPerClient"),
        RequestsPerConnection = limits.Get<int>("requestsPerConnection"),
        Streams = limits.Get<int>("streams"),
        ControlFrames = limits.Get<int>("controlFrames"),
        ClientRate = limits.Get<long>("clientRate"),
        ClientGrace = limits.Get<TimeSpan>("clientGrace"),
        KeepAlive = limits.Get<TimeSpan>("keepAlive"),
        HeaderTimeout = limits.Get<TimeSpan>("headerTimeout"),
        Drain = limits.Get<TimeSpan>("drain"),
        DrainGrace = limits.Get<TimeSpan>("drainGrace"),
        WriteBehind = limits.Get<int>("writeBehind"),
        Decide = limits.Get<TimeSpan>("decide"),
        TenantDecisions = limits.Find<int>("tenantDecisions") ?? 0,
        RememberedDecisions = limits.Get<long>("rememberedDecisions"),
        RecalledDecisions = limits.Get<int>("recalledDecisions"),
    };
}
