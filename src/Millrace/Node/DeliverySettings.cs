using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Millrace.Delivery;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Origins;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>What the configuration means in the delivery plane's own terms.</summary>
internal static class DeliverySettings
{
    public static DeliveryOptions Plane(NodeConfig config) => new()
    {
        Name = config.Node.Name,
        Instance = InstanceOf(config),
        StoreBytes = config.Cache.Memory,
        MaxObjectBytes = config.Cache.Object,
        DiskFolder = config.Cache.Disk,
        DiskBytes = config.Cache.DiskBytes,
        PurgeLease = config.Cache.PurgeLease,
        MaxPurges = config.Cache.Purges,
        Eviction = config.Cache.Eviction,
        MaxVariants = config.Cache.Variants,
        SliceBytes = (int)config.Cache.Slice,
        FillBytes = config.Cache.Arriving,
        CollapseWait = config.Cache.CollapseWait,
        HitForMiss = config.Cache.HitForMiss,
        FailureMemo = config.Cache.FailureMemo,
        Peers = config.Cache.Peers,
        Compression = config.Compression,
        MaxRequests = config.Limits.Requests,
        MaxOriginConnections = config.Upstream.Connections,
        Origins = Origins(config.Upstream),
        AccessLog = config.AccessLog.To == "off" ? null : new AccessLogOptions
        {
            Path = config.AccessLog.To == "stdout" ? null : config.AccessLog.To,
            Share = config.AccessLog.Share,
            KeepQuery = config.AccessLog.Query == "keep",
            Redacted = config.AccessLog.Redact,
            Client = Enum.Parse<ClientForm>(config.AccessLog.Client, ignoreCase: true),
            MaxQueued = config.AccessLog.Queue,
            RotateBytes = config.AccessLog.Rotate,
            Keep = config.AccessLog.Keep,
        },
    };

    public static FrontDoorOptions Door(LimitsSection limits) => new()
    {
        MaxConnections = limits.Connections,
        MaxConnectionsPerClient = limits.ConnectionsPerClient,
        MaxRequestsPerConnection = limits.RequestsPerConnection,
        MaxStreams = limits.Streams,
        MaxControlFramesPerSecond = limits.ControlFrames,
        MinBytesPerSecond = (int)limits.ClientRate,
        SlowGrace = limits.ClientGrace,
        MaxHeadBytes = (int)limits.RequestHeaders,
        MaxHeadFields = limits.RequestHeaderCount,
        MaxBodyBytes = limits.UploadBody,
        HeadTimeout = limits.HeaderTimeout,
        IdleTimeout = limits.KeepAlive,
    };

    private static OriginOptions Origins(UpstreamSection upstream) => new()
    {
        FillShare = upstream.FillShare,
        MaxWaiting = upstream.Waiting,
        MaxWait = upstream.Wait,
        IdleTimeout = upstream.KeepAlive,
        MaxAge = upstream.Age,
        NameLifetime = upstream.Names,
        AttemptDelay = upstream.NextAddress,
        MaxHeadBytes = (int)upstream.Head,
        MaxFields = upstream.Fields,
        MaxInterim = upstream.Interim,
    };

    /// <summary>Tells this node from others of its name, the same after each start: no two share machine, data and port.</summary>
    private static string InstanceOf(NodeConfig config) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(
        $"{Environment.MachineName} {Path.GetFullPath(config.Node.Data)} {config.Listen.Delivery}")).ToString("x16", CultureInfo.InvariantCulture);
}
