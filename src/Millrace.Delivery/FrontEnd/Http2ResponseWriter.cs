using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Writes a response to a Kestrel connection or stream.</summary>
internal sealed class Http2ResponseWriter(HttpContext context) : IResponseWriter
{
    public bool Started { get; private set; }

    /// <summary>Kestrel has no way to send one but 100, and that it sends by itself.</summary>
    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Start(int status, HeaderList headers)
    {
        Started = true;
        var response = context.Response;
        response.StatusCode = status;
        foreach (var line in headers)
        {
            response.Headers.Append(line.NameText, new StringValues(line.ValueText));
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        await context.Response.Body.WriteAsync(data, cancellationToken);

    public async ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        for (var i = 0; i < pieces.Length; i++)
        {
            await WriteAsync(pieces.Span[i], cancellationToken);
        }
    }

    public void End(HeaderList trailers)
    {
        foreach (var line in trailers)
        {
            if (context.Response.SupportsTrailers())
            {
                context.Response.AppendTrailer(line.NameText, line.ValueText);
            }
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await context.Response.Body.FlushAsync(cancellationToken);

    public void Abort() => context.Abort();
}
