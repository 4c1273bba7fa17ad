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
/// Order of start: lock and keys, the admin listener (health answers while the rest starts), journal and planes, a decision on each surface to warm up, api, delivery.
/// </summary>
internal sealed class MillraceNode : IAsyncDisposable
{
    private readonly NodeConfig _config;
    private ConfigWatch? _watch;
    private RequestDelegate? _adminApi;
    private bool _stopped;

    private MillraceNode(NodeServices services)
    {
        Services = services;
        _config = services.Config.Current;
        Admin = BuildAdmin();
    }

    public NodeServices Services { get; }

    public Listener Admin { get; }

    /// <exception cref="InvalidOperationException">listen.api is off.</exception>
    public Listener Api => ApiOrNone ?? throw new InvalidOperationException("listen.api is off.");

    /// <summary>Null when listen.api is off.</summary>
    public Listener? ApiOrNone { get; private set; }

    public Listener Delivery { get; private set; } = null!;

    /// <summary>The delivery plane over TLS; null when none is spoken.</summary>
    public Listener? DeliveryTls { get; private set; }

    /// <summary>
    /// Secrets that were made because the data directory had none: shown once, kept nowhere. Made when nothing can fail the start any more, since a key that
    /// nobody was shown is lost.
    /// </summary>
    public IReadOnlyList<(KeyScope Scope, string Secret)> FirstKeys { get; private set; } = [];

    /// <summary>Starts a node and returns once it listens.</summary>
    /// <param name="source">Read once now, and again at each reload.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="answering">Called when health answers; the journal is opened when it completes.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <exception cref="ConfigInvalidException">The configuration is refused.</exception>
    /// <exception cref="NodeStartException">A port is taken, or the data directory or its journal is held or cannot be used.</exception>
    /// <exception cref="Millrace.Journal.JournalCorruptException">The journal is damaged.</exception>
    public static async Task<MillraceNode> StartAsync(
        ConfigSource source, TimeProvider clock, Func<MillraceNode, Task> answering, CancellationToken cancellation = default)
    {
        var node = new MillraceNode(await NodeServices.TakeAsync(source.Load(), source, clock));
        try
        {
            await node.OpenAsync(answering, cancellation);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="StartAsync(ConfigSource, TimeProvider, Func{MillraceNode, Task}, CancellationToken)"/>
    public static Task<MillraceNode> StartAsync(ConfigSource source, TimeProvider clock, CancellationToken cancellation = default) =>
        StartAsync(source, clock, static _ => Task.CompletedTask, cancellation);

    /// <summary>
    /// Reads the configuration and the certificates again, as a change of their files would, and begins the access log anew. The configuration follows a moment
    /// later, so that a file that was changed just before is read once.
    /// </summary>
    public void Reload()
    {
        Services.Delivery.Certificates?.Reload();
        Services.Delivery.Plane.ReopenLog();
        _watch?.Touch();
    }

    /// <summary>
    /// Drains: readiness turns 503 first; when <paramref name="grace"/> is over, api and delivery accept no more and finish what is in flight; then queues are
    /// flushed and the journal is closed. Admin answers until the end. Requests that outlast limits.drain, or <paramref name="abort"/>, are cut.
    /// </summary>
    /// <param name="grace">How long new requests are still taken, so that load balancers see the readiness before a refused connection.</param>
    /// <param name="abort">Ends the grace and the drain at once.</param>
    /// <returns>False when something was cut.</returns>
    public async Task<bool> StopAsync(TimeSpan grace, CancellationToken abort = default)
    {
        if (_stopped)
        {
            return true;
        }

        _stopped = true;
        Services.Readiness.Hold(UnreadyReason.Draining);
        var drain = _config.Limits.Drain;
        if (_watch is not null)
        {
            Services.Logger.LogInformation(NodeEvents.Draining, "Taking requests for another {Grace}, then draining for at most {Drain}", grace, drain);
        }

        _watch?.Dispose();
        await WaitAsync(grace, abort);
        using var patience = new CancellationTokenSource(drain, Services.Clock);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(abort, patience.Token);
        await Task.WhenAll(StopListenerAsync(ApiOrNone, cut.Token), StopListenerAsync(Delivery, cut.Token), StopListenerAsync(DeliveryTls, cut.Token));
        var whole = !cut.IsCancellationRequested;
        if (!whole)
        {
            Services.Logger.LogWarning(NodeEvents.DrainTooSlow, "The drain was cut short: requests in flight were ended");
        }

        await StopListenerAsync(Admin, cut.Token);
        if (_watch is not null)
        {
            Services.Logger.LogInformation(NodeEvents.Stopped, "The node has stopped");
        }

        return whole;
    }

    /// <summary>Drains without grace.</summary>
    /// <inheritdoc cref="StopAsync(TimeSpan, CancellationToken)"/>
    public Task<bool> StopAsync(CancellationToken abort = default) => StopAsync(TimeSpan.Zero, abort);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var listener in (Listener?[])[Admin, ApiOrNone, Delivery, DeliveryTls])
        {
            if (listener is not null)
            {
                await listener.DisposeAsync();
            }
        }

        await Services.DisposeAsync();
    }

    private async Task OpenAsync(Func<MillraceNode, Task> answering, CancellationToken cancellation)
    {
        await Admin.StartAsync(cancellation);
        await answering(this);
        await Services.OpenAsync(cancellation);
        var api = Services.Api!;
        _adminApi = Admin.Branch(routes =>
        {
            KeyEndpoints.Map(routes, api, Services.Keys);
            FeatureEndpoints.Map(routes, api, Services);
            SnapshotEndpoints.Map(routes, api, Services.Snapshots);
            AdminEndpoints.Map(routes, api);
        });
        ApiOrNone = _config.Listen.Api is { } address ? BuildApi(address, api) : null;
        Delivery = Listener.Build("delivery", _config.Listen.Delivery, _config.Limits, Services, Services.Delivery.FrontDoor, null);
        DeliveryTls = _config.Tls.Listen is { } secure ? Listener.Build("tls", secure, _config.Limits, Services, Services.Delivery.FrontDoor, Services.Delivery.Certificates) : null;
        await DecideWarmup.RunAsync(Services);
        await (ApiOrNone?.StartAsync(cancellation) ?? Task.CompletedTask);
        await Delivery.StartAsync(cancellation);
        await (DeliveryTls?.StartAsync(cancellation) ?? Task.CompletedTask);
        FirstKeys = FirstKeysOf(Services.Keys);
        _watch = new ConfigWatch(Services.Config, Services.Clock, Services.Logger);
        Services.Readiness.Release(UnreadyReason.Starting);
        Services.Logger.LogInformation(
            NodeEvents.Started, "The node listens: delivery {Delivery}, tls {Tls}, api {Api}, admin {Admin}, data {Data}",
            Delivery.Url, (object?)DeliveryTls?.Url ?? "off", (object?)ApiOrNone?.Url ?? "off", Admin.Url, Services.Data.Root);
    }

    private async Task WaitAsync(TimeSpan grace, CancellationToken abort)
    {
        try
        {
            await Task.Delay(grace, Services.Clock, abort);
        }
        catch (OperationCanceledException)
        {
            // A second signal: the drain is cut as well.
        }
    }

    private static async Task StopListenerAsync(Listener? listener, CancellationToken cut)
    {
        try
        {
            await (listener?.StopAsync(cut) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // The token says so already; the caller reports it once for all listeners.
        }
    }

    private static (KeyScope Scope, string Secret)[] FirstKeysOf(AccessKeys keys) => keys.All.Any()
        ? []
        : [.. Enum.GetValues<KeyScope>().Select(scope => (scope, keys.Create(scope, Tenants.Default)))];

    private Listener BuildAdmin() => Listener.Build(
        "admin", _config.Listen.Admin, _config.Limits, _config.Limits.RequestBody, Services,
        services =>
        {
            services.AddRoutingCore();
            services.AddOpenTelemetry().WithMetrics(metrics => metrics
                .AddMeter("Millrace.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddPrometheusExporter());
        },
        app =>
        {
            app.UseKeys(Services, path => path.StartsWithSegments(HealthEndpoints.Prefix, StringComparison.Ordinal), (scope, _) => scope == KeyScope.Admin);
            app.UseRouting();
            HealthEndpoints.Map(app, Services.Readiness);
            app.MapPrometheusScrapingEndpoint("/metrics");
            app.UseEndpoints(_ => { });
            app.Run(context => (_adminApi ?? StartingAsync)(context));
        });

    private Listener BuildApi(ListenAddress address, ApiServices api) => Listener.Build(
        "api", address, _config.Limits, _config.Limits.RequestBody, Services,
        services => services.AddRoutingCore().AddCors(),
        app =>
        {
            app.UseWhen(context => BrowserAccess.Concerns(context.Request), events => events.UseBrowserAccess(Services.Config));
            app.UseKeys(
                Services, _ => false, (scope, request) => scope is KeyScope.Admin or KeyScope.Api || (HttpMethods.IsPost(request.Method) && BrowserAccess.Concerns(request)));
            app.UseRouting();
            ApiEndpoints.Map(app, api);
            app.UseEndpoints(_ => { });
        });

    private static Task StartingAsync(HttpContext context) =>
        Reply.ProblemAsync(context, new ProblemException(ProblemReason.Starting, "The journal is being read; /health/ready says when it is done."));
}
