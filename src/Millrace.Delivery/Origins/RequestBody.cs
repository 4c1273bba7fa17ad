using System.Net;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>Streams a request's body on through one small buffer, so that the origin's pace is the client's.</summary>
/// <param name="body">The client's body.</param>
/// <param name="clock">Runs against the origin only while the origin is what is waited for.</param>
internal sealed class RequestBody(IRequestBody body, OriginClock clock) : HttpContent
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>What was wrong with the client's side, once the copying has failed for that.</summary>
    public RequestBodyException? Fault { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            clock.WaitForClient();
            var read = await ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                break;
            }

            clock.WaitForUpload();
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }

        clock.WaitForHead();
    }

    private async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (RequestBodyException fault)
        {
            Fault = fault;
            throw;
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = body.Length ?? 0;
        return body.Length is not null;
    }
}
