using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Millrace.Api;
using Millrace.Node.Configuration;
using OpenTelemetry.Metrics;

namespace Millrace.Node;

/// <summary>
/// The composition root and life of one node: opens the data directory, builds the planes, opens the listeners, and undoes it in reverse.
/// Order of start: lock, keys, journal, planes, then admin (health answers while the rest starts), a decision on each surface to warm up, api, delivery.
/// </summary>
internal sealed class MillraceNode : IAsyncDisposable
{
    private readonly List<IDisposable> _watches = [];
    private bool _stopped;

    private MillraceNode(NodeServices services)
    {
        Services = services;
        FirstKeys = FirstKeysOf(services.Keys);
        var config = services.Config.Current;
        (Admin, Api, Delivery) = (BuildAdmin(config), BuildApi(config), BuildDelivery(config));
    }

    public NodeServices Services { get; }

    public Listener Admin { get; }

    public Listener Api { get; }

    public Listener Delivery { get; }

    /// <summary>Secrets that were made because the data directory had none: shown once, kept nowhere.</summary>
    public IReadOnlyList<(KeyScope Scope, string Secret)> FirstKeys { get; }

    /// <summary>Starts a node and returns once it listens and is ready.</summary>
    /// <param name="source">Read once now, and again at each reload.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <exception cref="ConfigInvalidException">The configuration is refused.</exception>
    /// <exception cref="NodeStartException">A port is taken, or the data directory is held or cannot be used.</exception>
    /// <exception cref="Millrace.Journal.JournalCorruptException">The journal is damaged.</exception>
    public static async Task<MillraceNode> StartAsync(ConfigSource source, TimeProvider clock, CancellationToken cancellation = default)
    {
        var node = new MillraceNode(await NodeServices.OpenAsync(source.Load(), source, clock, cancellation));
        try
        {
            await node.Admin.StartAsync(cancellation);
            await DecideWarmup.RunAsync(node.Services);
            await node.Api.StartAsync(cancellation);
            await node.Delivery.StartAsync(cancellation);
            node._watches.Add(new ConfigWatch(node.Services.Config, clock));
            node.Services.Readiness.Release(UnreadyReason.Starting);
            node.Services.Logger.LogInformation(
                NodeEvents.Started, "The node is ready: delivery {Delivery}, api {Api}, admin {Admin}, data {Data}",
                node.Delivery.Url, node.Api.Url, node.Admin.Url, node.Services.Data.Root);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Drains: readiness turns 503 first, then api and delivery accept no more and finish what is in flight, then queues are flushed and the journal is
    /// closed; admin answers until the end. Requests that outlast limits.drain, or <paramref name="abort"/>, are cut.
    /// </summary>
    /// <returns>False when something was cut.</returns>
    public async Task<bool> StopAsync(CancellationToken abort = default)
    {
        if (_stopped)
        {
            return true;
        }

        _stopped = true;
        Services.Readiness.Hold(UnreadyReason.Draining);
        var drain = Services.Config.Current.Limits.Drain;
        Services.Logger.LogInformation(NodeEvents.Draining, "Draining for at most {Drain}", drain);
        foreach (var watch in _watches)
        {
            watch.Dispose();
        }

        using var patience = new CancellationTokenSource(drain, Services.Clock);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(abort, patience.Token);
        await Task.WhenAll(StopListenerAsync(Api, cut.Token), StopListenerAsync(Delivery, cut.Token));
        var whole = !cut.IsCancellationRequested;
        if (!whole)
        {
            Services.Logger.LogWarning(NodeEvents.DrainTooSlow, "The drain was cut short: requests in flight were ended");
        }

        await StopListenerAsync(Admin, cut.Token);
        Services.Logger.LogInformation(NodeEvents.Stopped, "The node has stopped");
        return whole;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Admin.DisposeAsync();
        await Api.DisposeAsync();
        await Delivery.DisposeAsync();
        await Services.DisposeAsync();
    }

    private static async Task StopListenerAsync(Listener listener, CancellationToken cut)
    {
        try
        {
            await listener.StopAsync(cut);
        }
        catch (OperationCanceledException)
        {
            // The token says so already; the caller reports it once for all listeners.
        }
    }

    private static (KeyScope Scope, string Secret)[] FirstKeysOf(AccessKeys keys) => keys.All.Any()
        ? []
        : [.. Enum.GetValues<KeyScope>().Select(scope => (scope, keys.Create(scope, "default")))];

    private Listener BuildAdmin(NodeConfig config) => Listener.Build(
        "admin", config.Listen.Admin, config.Limits, config.Limits.RequestBody, Services,
        services =>
        {
            services.AddRoutingCore();
            services.AddOpenTelemetry().WithMetrics(metrics => metrics
                .AddMeter("Millrace.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddPrometheusExporter());
        },
        app =>
        {
            app.UseKeys(Services.Keys, path => path.StartsWithSegments(HealthEndpoints.Prefix, StringComparison.Ordinal), (scope, _) => scope == KeyScope.Admin);
            app.UseRouting();
            HealthEndpoints.Map(app, Services.Readiness);
            app.MapPrometheusScrapingEndpoint("/metrics");
            AdminEndpoints.Map(app, Services.Api);
            app.UseEndpoints(_ => { });
        });

    private Listener BuildApi(NodeConfig config) => Listener.Build(
        "api", config.Listen.Api, config.Limits, config.Limits.RequestBody, Services,
        services => services.AddRoutingCore(),
        app =>
        {
            app.UseKeys(
                Services.Keys, _ => false,
                (scope, request) => scope is KeyScope.Admin or KeyScope.Api
                    || (HttpMethods.IsPost(request.Method) && request.Path.Equals("/v1/events", StringComparison.Ordinal)));
            app.UseRouting();
            ApiEndpoints.Map(app, Services.Api);
            app.UseEndpoints(_ => { });
        });

    private Listener BuildDelivery(NodeConfig config) => Listener.Build(
        "delivery", config.Listen.Delivery, config.Limits, config.Limits.UploadBody, Services,
        _ => { },
        app => app.Run(Services.Delivery.HandleAsync));
}
