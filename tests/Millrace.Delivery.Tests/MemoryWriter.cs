using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests;

/// <summary>Keeps the response that it is given, in room that the next uses again, and never makes the core wait.</summary>
internal sealed class MemoryWriter : IResponseWriter
{
    private byte[] _body = new byte[4 * 1024];

    public bool Started { get; private set; }

    public bool Aborted { get; private set; }

    public int Status { get; private set; }

    public HeaderList Headers { get; } = new(32);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, Length);

    public void Clear() => (Started, Aborted, Status, Length) = (false, false, 0, 0);

    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Start(int status, HeaderList headers)
    {
        Assert.False(Started);
        (Started, Status) = (true, status);
        Headers.CopyFrom(headers);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Keep(data.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        foreach (var piece in pieces.Span)
        {
            Keep(piece.Span);
        }

        return ValueTask.CompletedTask;
    }

    public void End(HeaderList trailers)
    {
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Abort() => Aborted = true;

    private void Keep(ReadOnlySpan<byte> data)
    {
        Assert.True(Started);
        if (Length + data.Length > _body.Length)
        {
            Array.Resize(ref _body, Math.Max(_body.Length * 2, Length + data.Length));
        }

        data.CopyTo(_body.AsSpan(Length));
        Length += data.Length;
    }
}
