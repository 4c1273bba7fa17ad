using System.IO.Hashing;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Cli;
using Millrace.Node;

namespace Millrace.Demo;

/// <summary>
/// The demo's origin: a page and a picture for every item, each a function of the item's id alone, with freshness and a validator as a publisher
/// would send them. It counts what reaches it: what the cache did not spare it.
/// </summary>
internal sealed class DemoOrigin : IAsyncDisposable
{
    private const string Freshness = "public, max-age=60";

    private readonly WebApplication _app;
    private long _requests;
    private long _notModified;

    private DemoOrigin(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>Requests that reached it.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Requests that it answered 304: revalidations.</summary>
    public long NotModified => Interlocked.Read(ref _notModified);

    /// <summary>Starts an origin on this machine.</summary>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <exception cref="NodeStartException">The port is taken.</exception>
    public static async Task<DemoOrigin> StartAsync(int port, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "millrace-demo-origin" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port));
        var app = builder.Build();
        var origin = new DemoOrigin(app);
        app.Run(origin.AnswerAsync);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            await app.DisposeAsync();
            throw new NodeStartException(ExitCode.PortInUse, $"The origin's port is taken ({taken.Message}).", taken);
        }

        origin.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return origin;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }

        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (body, type) = parts switch
        {
            ["items", var id] => (DemoPages.Article(id), "text/html; charset=utf-8"),
            ["images", var id] => (DemoPages.Picture(id), "image/svg+xml"),
            _ => (null, ""),
        };
        if (body is null)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await SendAsync(context, Encoding.UTF8.GetBytes(body), type);
    }

    private Task SendAsync(HttpContext context, byte[] body, string type)
    {
        var response = context.Response;
        var tag = $"\"{XxHash3.HashToUInt64(body):x16}\"";
        response.Headers.CacheControl = Freshness;
        response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            Interlocked.Increment(ref _notModified);
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = type;
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
