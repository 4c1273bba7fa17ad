using Millrace.Delivery.Requests;

namespace Millrace.Bench.DeliveryHits;

/// <summary>Takes responses as a connection with room would: at once, copying the head as a socket's buffer would and counting the body.</summary>
internal sealed class NullWriter : IResponseWriter
{
    private readonly byte[] _head = new byte[16 * 1024];

    public bool Started { get; set; }

    public long Bytes { get; private set; }

    public int Status { get; private set; }

    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Start(int status, HeaderList headers)
    {
        (Started, Status) = (true, status);
        headers.Wire.CopyTo(_head);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Bytes += data.Length;
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        foreach (var piece in pieces.Span)
        {
            Bytes += piece.Length;
        }

        return ValueTask.CompletedTask;
    }

    public void End(HeaderList trailers)
    {
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Abort()
    {
    }
}
