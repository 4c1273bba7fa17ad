using System.Collections.Immutable;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery;

/// <summary>The bounds of a delivery plane. Those of size, count and CollapseWait are counted when hit (<see cref="DeliveryStats.BoundsHit"/>); evictions have their own count.</summary>
public sealed record DeliveryOptions
{
    /// <summary>The plane's name in Cache-Status, Via and CDN-Loop: an HTTP token.</summary>
    public string Name { get; init; } = "Millrace";

    /// <summary>
    /// What tells this node from others of the same name: an HTTP token, sent with the name in CDN-Loop (RFC 8586), so that a request may pass several nodes
    /// but none twice. Null for none: then no two nodes in a row may have one name.
    /// </summary>
    public string? Instance { get; init; }

    /// <summary>
    /// Networks of this product's own nodes; empty for any. The scheme that they say a client came by (X-Forwarded-Proto beside Millrace-Tier) is believed,
    /// since a shield must keep what came over https apart from what did not. It is part of the key, so a liar harms nobody's copy.
    /// </summary>
    public ImmutableArray<System.Net.IPNetwork> Peers { get; init; } = [];

    /// <summary>Memory of the store, in bytes, with headers, keys and overhead. A quarter GiB suits a laptop; an edge sets its own.</summary>
    public long StoreBytes { get; init; } = 256L << 20;

    /// <summary>The largest body that is stored, in bytes; larger ones stream through. 8 MiB holds pages and images, not films.</summary>
    public long MaxObjectBytes { get; init; } = 8L << 20;

    /// <summary>
    /// The slices, in bytes, by which large objects are fetched for ranges and held; zero fetches no slices. 1 MiB is what nginx's documentation suggests:
    /// a range asks the origin for at most a slice more at each end. A disk's slices are as large.
    /// </summary>
    public int SliceBytes { get; init; } = 1 << 20;

    /// <summary>The folder of the disk tier, which one process at a time has; null for memory alone.</summary>
    public string? DiskFolder { get; init; }

    /// <summary>Bytes of the disk tier. 10 GiB hold about a million objects of the web's median size.</summary>
    public long DiskBytes { get; init; } = 10L << 30;

    /// <summary>What the memory tier's policy may know of requests to come; null for nothing.</summary>
    public Eviction.IDemand? Demand { get; init; }

    /// <summary>The policy by which the memory tier chooses what to keep.</summary>
    public Eviction.EvictionKind Eviction { get; init; }

    /// <summary>
    /// Memory for bodies that are arriving, or are still being read after they left the store, in bytes. Above it new bodies pass unstored, and those
    /// under way go on through a window of four chunks of 64 KiB each.
    /// </summary>
    public long FillBytes { get; init; } = 64L << 20;

    /// <summary>Requests in hand at once; more get 503.</summary>
    public int MaxRequests { get; init; } = 8192;

    /// <summary>The further bounds of talking to origins.</summary>
    public Origins.OriginOptions Origins { get; init; } = new();

    /// <summary>Connections to one origin (host and port); requests beyond wait for one, up to <see cref="Millrace.Delivery.Origins.OriginOptions.MaxWait"/>.</summary>
    public int MaxOriginConnections { get; init; } = 256;

    /// <summary>Time to connect to an origin. Varnish's default is 3.5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3.5);

    /// <summary>Time from sending the whole request to the head of its response. Varnish and nginx: 60 s.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence allowed within an origin's body, and while it takes a request's.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a request waits for the head of another's origin request; then one of those who wait asks anew for the rest.</summary>
    public TimeSpan CollapseWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an object that proved uncacheable is not waited for ("hit-for-miss"; Varnish: 120 s; shorter notices sooner that it became cacheable).</summary>
    public TimeSpan HitForMiss { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an origin that was unreachable or silent, or that answered 502, 503 or 504 while others waited or a copy stood in, is not asked for the same object again.</summary>
    public TimeSpan FailureMemo { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what is held may be trusted when purges no longer reach the plane (DESIGN §2: lease L).</summary>
    public TimeSpan PurgeLease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Variants kept of one URL; the oldest leaves.</summary>
    public int MaxVariants { get; init; } = 32;

    /// <summary>Purges remembered for responses on their way. Beyond it all responses begun earlier are not stored.</summary>
    public int MaxPurges { get; init; } = 65_536;

    /// <summary>What is compressed, and at what price.</summary>
    public Compression.CompressionOptions Compression { get; init; } = new();

    /// <summary>A line for each request; null for none.</summary>
    public Observing.AccessLogOptions? AccessLog { get; init; }

    /// <summary>The disk tier's own bounds: segments of 64 MiB, smaller on small disks and larger on large ones.</summary>
    internal DiskOptions DiskOptions(string folder)
    {
        var slice = SliceBytes == 0 ? 1 << 20 : SliceBytes;
        var segment = Math.Clamp(DiskBytes / 16, 4L * slice, 64L << 20);
        return new DiskOptions
        {
            Folder = folder, MaxBytes = DiskBytes, SliceBytes = slice, InlineBytes = Math.Min(slice, 64 << 10),
            SegmentBytes = (int)Math.Min(1L << 30, Math.Max(segment, DiskBytes / Storage.Disk.DiskOptions.MostSegments)),
        };
    }

    /// <summary>Throws when a bound makes no sense.</summary>
    /// <exception cref="ArgumentException">All faults, one a line.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        Check(Requests.Syntax.IsToken(Name), nameof(Name), "an HTTP token");
        Check(Instance is null || Requests.Syntax.IsToken(Instance), nameof(Instance), "an HTTP token");
        Check(StoreBytes >= 0, nameof(StoreBytes), "zero or more bytes");
        Check(MaxObjectBytes >= 0, nameof(MaxObjectBytes), "zero or more bytes");
        Check(SliceBytes == 0 || SliceBytes is >= 4096 and <= 16 << 20, nameof(SliceBytes), "zero, or 4 KiB to 16 MiB");
        Check(FillBytes >= 0, nameof(FillBytes), "zero or more bytes");
        Check(MaxRequests > 0, nameof(MaxRequests), "one or more");
        Check(MaxOriginConnections > 0, nameof(MaxOriginConnections), "one or more");
        Check(MaxVariants > 0, nameof(MaxVariants), "one or more");
        Check(MaxPurges > 0, nameof(MaxPurges), "one or more");
        Check(AccessLog is null or { Share: >= 0 and <= 1, MaxQueued: > 0, RotateBytes: > 0, Keep: >= 0 }, nameof(AccessLog), "a share from 0 to 1, one or more queued, and bounds that are not negative");
        CheckTime(ConnectTimeout, nameof(ConnectTimeout));
        CheckTime(ResponseTimeout, nameof(ResponseTimeout));
        CheckTime(BodyIdleTimeout, nameof(BodyIdleTimeout));
        CheckTime(CollapseWait, nameof(CollapseWait));
        CheckTime(HitForMiss, nameof(HitForMiss));
        CheckTime(FailureMemo, nameof(FailureMemo));
        CheckTime(PurgeLease, nameof(PurgeLease));
        faults.AddRange(Origins.Faults());
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }

        void Check(bool holds, string name, string expected)
        {
            if (!holds)
            {
                faults.Add($"{name}: expected {expected}");
            }
        }

        void CheckTime(TimeSpan value, string name) => Check(value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), name, "a time above zero and at most a day");
    }
}
