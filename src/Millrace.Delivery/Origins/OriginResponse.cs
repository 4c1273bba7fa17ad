using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>An origin's response: head read, body to be read once.</summary>
internal sealed class OriginResponse(HttpResponseMessage message, Stream body, HeaderList headers, TimeSpan idle, TimeProvider time) : IDisposable
{
    public int Status => (int)message.StatusCode;

    /// <summary>End-to-end fields in the origin's order, as far as HttpClient keeps it.</summary>
    public HeaderList Headers { get; } = headers;

    /// <summary>The body's length where the message says one; a length beside Transfer-Encoding is no length (RFC 9112 §6.3).</summary>
    public long? ContentLength => message.Headers.TransferEncodingChunked == true ? null : message.Content.Headers.ContentLength;

    public required Arrival Arrival { get; init; }

    /// <summary>Reads a piece; zero at the end.</summary>
    /// <exception cref="OriginException">The body ended early, or was silent longer than allowed.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        var read = body.ReadAsync(into, cancellationToken);
        if (read.IsCompletedSuccessfully)
        {
            return read.Result;
        }

        try
        {
            return await read.AsTask().WaitAsync(idle, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            // The read itself is still pending on the buffer; disposing the message ends it, and the buffer is never reused.
            message.Dispose();
            throw new OriginException(DeliveryReason.OriginTimeout, e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new OriginException(DeliveryReason.OriginBroken, e);
        }
    }

    public void Dispose() => message.Dispose();
}
