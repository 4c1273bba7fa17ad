using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.FrontEnd.Tls;

namespace Millrace.Delivery.Tests;

/// <summary>A plain Kestrel server on a port of its own; what it answers is given by a test.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Starts a server of Kestrel's own HTTP.</summary>
    public static Task<TestServer> StartAsync(RequestDelegate answer, HttpProtocols protocols = HttpProtocols.Http1) => StartAsync(
        answer,
        static server =>
        {
            server.AddServerHeader = false;
            server.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            server.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
        },
        listen => listen.Protocols = protocols);

    /// <summary>Starts a server behind a front door.</summary>
    public static Task<TestServer> StartAsync(FrontDoor door, CertificateStore? certificates = null) =>
        StartAsync(static _ => Task.CompletedTask, FrontDoor.Configure, endpoint => door.OpenTls(endpoint, certificates));

    /// <summary>Accepts no more, and lets what is in hand end.</summary>
    public Task DrainAsync(CancellationToken cut) => _app.StopAsync(cut);

    private static async Task<TestServer> StartAsync(RequestDelegate answer, Action<KestrelServerOptions> configure, Action<ListenOptions> endpoint)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(FrontDoor.ConfigureTransport);
        builder.WebHost.ConfigureKestrel(server =>
        {
            configure(server);
            server.Listen(System.Net.IPAddress.Loopback, 0, endpoint);
        });
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new TestServer(app) { Address = new Uri(address) };
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        now.Cancel();
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping at once is what was asked for.
        }

        await _app.DisposeAsync();
    }
}
