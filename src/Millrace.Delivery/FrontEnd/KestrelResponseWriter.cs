using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Writes a response to a Kestrel connection or stream.</summary>
internal sealed class KestrelResponseWriter(HttpContext context) : IResponseWriter
{
    public bool Started { get; private set; }

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

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await context.Response.Body.FlushAsync(cancellationToken);

    public void Abort() => context.Abort();
}
