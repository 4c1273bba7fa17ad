using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Millrace.Cli;
using Millrace.Delivery;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.FrontEnd.Tls;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Flywheel;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>The delivery plane of a node, opened on its journal: routes, access log, disk, TLS, purges. The node closes what is opened here.</summary>
internal sealed class DeliveryServices(NodeServices node)
{
    public DeliveryPlane Plane { get; private set; } = null!;

    /// <summary>Where clients come in.</summary>
    public FrontDoor FrontDoor { get; private set; } = null!;

    /// <summary>What TLS is spoken with; null when none is.</summary>
    public CertificateStore? Certificates { get; private set; }

    /// <exception cref="NodeStartException">The access log or the certificates cannot be used.</exception>
    public void Open(DeliveryTokens tokens)
    {
        var config = node.Config.Current;
        var queue = new FactWriteBehind("deliveries", config.Limits.WriteBehind, node.Journal, node.Meter, node.Logger, node.HoldForJournal);
        node.Own(queue);
        Plane = new DeliveryPlane(
            DeliverySettings.Plane(config),
            RouteTable.Create(config.Routes),
            new DeliveryToFact(
                queue.Write, tokens, item => node.Snapshot.Find(item)?.BodyUrl, url => Plane.KeyHashesOf(url), node.Clock, node.NewId, config.Journal.AnonymousDeliveries, seed: 0),
            node.Clock);
        node.Own((IAsyncDisposable)Plane);
        node.Own(new AccessLogClose(Plane));
        OpenAccessLog(config.AccessLog);
        Warn(config);
        node.Config.Follow(next =>
        {
            Plane.UpdateRoutes(RouteTable.Create(next.Routes));
            Warn(next);
        });
        FrontDoor = node.Owned(new FrontDoor(DeliverySettings.Door(config.Limits), Plane, node.Clock));
        OpenTls(config.Tls);
    }

    /// <exception cref="NodeStartException">The cache's folder cannot be used.</exception>
    public async Task OpenDiskAsync()
    {
        try
        {
            await Plane.OpenDiskAsync(static () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeStartException(
                ExitCode.DataUnusable, $"The cache's folder {node.Config.Current.Cache.Disk} cannot be used: {refused.Message} Make it writable, or set cache.disk.", refused);
        }
    }

    /// <summary>Follows the purges that the journal holds; all of them are obeyed when this is done.</summary>
    public async Task<PurgeFollower> FollowPurgesAsync(ulong journalId, CancellationToken cancellation)
    {
        var feed = await PurgeToDelivery.OpenAsync(node.Journal, RandomNumberGenerator.GetHexString(32, lowercase: true), journalId, node.Clock, cancellation);
        var purges = await Plane.FollowAsync(feed, PurgesTold, cancellation);
        node.Own(purges);
        await purges.CaughtUp.WaitAsync(cancellation);
        return purges;
    }

    private void OpenAccessLog(AccessLogSection log)
    {
        try
        {
            Plane.OpenLog(AccessLogTold);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(ExitCode.DataUnusable, $"The access log {log.To} cannot be opened: {refused.Message} Make it writable, or set accessLog.to.", refused);
        }
    }

    private void AccessLogTold(Exception? lost)
    {
        if (lost is null)
        {
            node.Logger.LogInformation(NodeEvents.AccessLogResumed, "The access log is written again; the lines between are lost, and counted");
        }
        else
        {
            node.Logger.LogError(NodeEvents.AccessLogLost, lost, "The access log cannot be written: lines are lost, and counted, until it can");
        }
    }

    private void Warn(NodeConfig config)
    {
        foreach (var warning in ConfigWarnings.Of(config))
        {
            node.Logger.LogWarning(NodeEvents.ConfigWarned, "{Warning}", warning);
        }
    }

    private void OpenTls(TlsSection tls)
    {
        if (tls.Listen is null)
        {
            return;
        }

        var refusals = node.Meter.CreateCounter<long>("millrace.tls.certificates_refused", "{certificate}", "Changed certificates that could not be read; the old ones stay in force.");
        try
        {
            Certificates = node.Owned(new CertificateStore(
                tls.Certificates,
                fault =>
                {
                    refusals.Add(1);
                    node.Logger.LogError(NodeEvents.CertificateRefused, "A certificate is refused, and the one before it stays in force: {Fault}", fault);
                },
                node.Clock)
            {
                Renewed = count => node.Logger.LogInformation(NodeEvents.CertificatesRenewed, "Changed certificates are in force: {Count}", count),
            });
        }
        catch (ArgumentException unreadable)
        {
            throw new NodeStartException(ExitCode.Failure, $"The certificates cannot be used: {unreadable.Message} Set tls.certificates.", unreadable);
        }

        node.Config.Follow(next => Certificates.Reload(next.Tls.Certificates));
    }

    private void PurgesTold(Exception? lost)
    {
        if (lost is null)
        {
            node.Logger.LogWarning(NodeEvents.PurgesFollowed, "Purges are followed again; all that were missed are obeyed");
            node.Readiness.Release(UnreadyReason.PurgesLost);
        }
        else
        {
            node.Logger.LogCritical(NodeEvents.PurgesLost, lost, "Purges cannot be followed: strict and bounded routes ask their origins about all that is held until they can");
            node.Readiness.Hold(UnreadyReason.PurgesLost);
        }
    }

    private sealed class AccessLogClose(DeliveryPlane plane) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => plane.CloseLogAsync();
    }
}
