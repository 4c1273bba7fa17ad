using System.Collections.Immutable;
using System.Reflection;
using Millrace.Delivery;
using Millrace.Delivery.Compression;
using Millrace.Delivery.Eviction;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Origins;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>Each bound of the delivery plane is named in configuration (DESIGN §8), and reaches the plane.</summary>
public sealed class DeliverySettingsTests
{
    private const string OtherThanDefault = """
        node: {name: edge-1}
        cache:
          memory: 1GiB
          object: 1MiB
          disk: ./disk
          diskBytes: 1GiB
          purgeLease: 7s
          purges: 2000
          eviction: s3-fifo
          variants: 7
          slice: 64KiB
          arriving: 2MiB
          collapseWait: 3s
          hitForMiss: 4s
          failureMemo: 2s
          peers: [10.0.0.0/8]
        compression: {min: 2KiB, max: 1MiB, memory: 1MiB, queue: 5, brotli: 4, zstd: 6}
        upstream: {connections: 9, fillShare: 0.5, waiting: 3, wait: 1s, keepAlive: 2s, age: 3s, names: 4s, nextAddress: 100ms, head: 8KiB, fields: 20, interim: 2}
        limits:
          requests: 11
          connections: 12
          connectionsPerClient: 13
          requestsPerConnection: 14
          streams: 15
          controlFrames: 16
          clientRate: 17
          clientGrace: 18s
          requestHeaders: 8KiB
          requestHeaderCount: 19
          uploadBody: 1MiB
          headerTimeout: 20s
          keepAlive: 21s
        accessLog: {to: stdout}
        """;

    /// <summary>Times of a request stand in each route; demand comes from the ranker.</summary>
    private static readonly string[] SetElsewhere =
    [
        nameof(DeliveryOptions.ConnectTimeout), nameof(DeliveryOptions.ResponseTimeout), nameof(DeliveryOptions.BodyIdleTimeout), nameof(DeliveryOptions.Demand),
    ];

    [Fact]
    public void Every_bound_of_the_plane_can_be_set()
    {
        var plane = DeliverySettings.Plane(Load(OtherThanDefault));
        Assert.Equal(SetElsewhere.Order(), Same(plane, new DeliveryOptions()).Order());
        Assert.Equal(EvictionKind.S3Fifo, plane.Eviction);
        Assert.Equal(ImmutableArray.Create(System.Net.IPNetwork.Parse("10.0.0.0/8")), plane.Peers);
    }

    [Fact]
    public void Every_bound_of_talking_to_origins_can_be_set() =>
        Assert.Empty(Same(DeliverySettings.Plane(Load(OtherThanDefault)).Origins, new OriginOptions()));

    [Fact]
    public void Every_bound_of_compression_can_be_set() => Assert.Empty(Same(DeliverySettings.Plane(Load(OtherThanDefault)).Compression, new CompressionOptions()));

    [Fact]
    public void Every_choice_of_the_access_log_can_be_made()
    {
        var log = DeliverySettings.Plane(Load("accessLog: {to: /tmp/a, share: 0.5, query: keep, redact: [ticket], client: full, queue: 17, rotate: 1MiB, keep: 2}")).AccessLog!;
        Assert.Empty(Same(log, new AccessLogOptions()));
        Assert.Equal(["ticket"], log.Redacted);
    }

    [Fact]
    public void Every_bound_of_the_front_door_can_be_set() =>
        Assert.Empty(Same(DeliverySettings.Door(Load(OtherThanDefault).Limits), new FrontDoorOptions()));

    [Fact]
    public void What_is_not_configured_is_as_the_plane_has_it()
    {
        var config = Load("");
        var plane = DeliverySettings.Plane(config);
        Assert.Empty(plane.Peers);
        Assert.Equal([nameof(DeliveryOptions.Instance), nameof(DeliveryOptions.Name)], Different(plane, new DeliveryOptions { Peers = plane.Peers }).Order());
        Assert.Empty(Different(plane.Origins, new OriginOptions()));

        // Those that the node shares with its other listeners have the node's defaults.
        Assert.Equal(
            [nameof(FrontDoorOptions.HeadTimeout), nameof(FrontDoorOptions.IdleTimeout), nameof(FrontDoorOptions.MaxBodyBytes), nameof(FrontDoorOptions.MaxConnections)],
            Different(DeliverySettings.Door(config.Limits), new FrontDoorOptions()).Order());
    }

    [Theory]
    [InlineData("cache: {eviction: lfu}", "cache.eviction")]
    [InlineData("cache: {peers: [10.0.0.0/33]}", "cache.peers[0]")]
    [InlineData("cache: {slice: 1KiB}", "cache.slice")]
    [InlineData("compression: {min: 2MiB, max: 1MiB}", "compression.max")]
    [InlineData("compression: {brotli: 12}", "compression.brotli")]
    [InlineData("upstream: {fillShare: 1}", "upstream.fillShare")]
    [InlineData("limits: {clientRate: 0}", "limits.clientRate")]
    public void A_bound_that_makes_no_sense_is_named(string yaml, string path)
    {
        var refused = Assert.Throws<ConfigInvalidException>(() => Load(yaml));
        Assert.Equal(path, Assert.Single(refused.Faults).Path);
    }

    private static NodeConfig Load(string yaml) => new ConfigSource(null, new Dictionary<string, string>(), []).Check("t.yaml", yaml);

    private static IEnumerable<string> Same<T>(T one, T other) => Compared(one, other, same: true);

    private static IEnumerable<string> Different<T>(T one, T other) => Compared(one, other, same: false);

    private static IEnumerable<string> Compared<T>(T one, T other, bool same) =>
        from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where Equals(property.GetValue(one), property.GetValue(other)) == same
        select property.Name;
}
