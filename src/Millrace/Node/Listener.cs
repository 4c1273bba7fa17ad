using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Cli;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.FrontEnd.Tls;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// One of the three listeners: a server of its own, hence a pipeline of its own. Nothing that is mapped on one can be reached through another, and on
/// the delivery listener no path of ours can shadow an origin's.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly WebApplication _app;
    private string _scheme = Uri.UriSchemeHttp;

    private Listener(string name, WebApplication app)
    {
        Name = name;
        _app = app;
    }

    /// <summary>delivery, tls, api or admin.</summary>
    public string Name { get; }

    /// <summary>Where it listens: the real port when 0 was asked for.</summary>
    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.Any, 0);

    private string Setting => Name == "tls" ? "tls.listen" : $"listen.{Name}";

    /// <summary>A URL that reaches it from this machine.</summary>
    public Uri Url => new($"{_scheme}://{(Endpoint.Address.Equals(IPAddress.Any) || Endpoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.Loopback, Endpoint.Port) : Endpoint)}");

    /// <summary>Builds a listener; nothing listens until <see cref="StartAsync"/>.</summary>
    /// <param name="name">delivery, api or admin.</param>
    /// <param name="address">Where.</param>
    /// <param name="limits">The server's bounds.</param>
    /// <param name="bodyBytes">The largest request body.</param>
    /// <param name="node">The node's parts.</param>
    /// <param name="services">Adds what the pipeline needs.</param>
    /// <param name="pipeline">Makes the pipeline.</param>
    public static Listener Build(
        string name, ListenAddress address, LimitsSection limits, long bodyBytes, NodeServices node, Action<IServiceCollection> services, Action<WebApplication> pipeline)
    {
        var builder = Builder(limits, node);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = bodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = (int)limits.RequestHeaders;
            kestrel.Limits.MaxRequestHeaderCount = limits.RequestHeaderCount;
            kestrel.Limits.MaxConcurrentConnections = limits.Connections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
            kestrel.Limits.KeepAliveTimeout = limits.KeepAlive;
            kestrel.Limits.RequestHeadersTimeout = limits.HeaderTimeout;
            Listen(kestrel, address, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        services(builder.Services);
        var app = builder.Build();
        pipeline(app);
        return new Listener(name, app);
    }

    /// <summary>Builds a delivery listener, which a front door serves, over TLS where there are certificates; nothing listens until <see cref="StartAsync"/>.</summary>
    public static Listener Build(string name, ListenAddress address, LimitsSection limits, NodeServices node, FrontDoor door, CertificateStore? certificates)
    {
        var builder = Builder(limits, node);
        builder.WebHost.UseKestrelCore().UseSockets(FrontDoor.ConfigureTransport).ConfigureKestrel(kestrel =>
        {
            FrontDoor.Configure(kestrel);
            Listen(kestrel, address, endpoint => door.OpenTls(endpoint, certificates));
        });
        return new Listener(name, builder.Build());
    }

    /// <summary>A pipeline of its own over this listener's services, for paths that are mapped once it listens already.</summary>
    public RequestDelegate Branch(Action<IEndpointRouteBuilder> map)
    {
        var branch = new ApplicationBuilder(_app.Services);
        branch.UseRouting();
        branch.UseEndpoints(map);
        return branch.Build();
    }

    /// <summary>Opens the port.</summary>
    /// <exception cref="NodeStartException">The port is taken, or may not be opened.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _app.StartAsync(cancellation);
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            throw new NodeStartException(
                ExitCode.PortInUse, $"The {Name} listener's port is taken ({taken.Message}). Stop the other process or set {Setting}.", taken);
        }
        catch (SocketException refused)
        {
            throw new NodeStartException(ExitCode.Failure, $"The {Name} listener cannot be opened: {refused.Message}. Set {Setting}.", refused);
        }

        var url = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _scheme = url.Scheme;
        Endpoint = new IPEndPoint(IPAddress.TryParse(url.Host.Trim('[', ']'), out var ip) ? ip : IPAddress.Any, url.Port);
    }

    /// <summary>Accepts no more, and completes when the requests in flight are done or <paramref name="abort"/> cuts them.</summary>
    public Task StopAsync(CancellationToken abort) => _app.StopAsync(abort);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplicationBuilder Builder(LimitsSection limits, NodeServices node)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "millrace" });
        builder.Services.AddSingleton(node.Logs);
        builder.Services.AddSingleton(node.Clock);
        builder.Services.AddSingleton<IHostLifetime, NodeOwnedLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = limits.Drain);
        return builder;
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, Action<ListenOptions> endpoint)
    {
        if (address.Address is { } bound)
        {
            kestrel.Listen(bound, address.Port, endpoint);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, endpoint);
        }
    }

    // The host's default would take SIGTERM for each of three listeners; the node alone decides when they stop.
    private sealed class NodeOwnedLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
