using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Observing;

/// <summary>The writer of requests that are explained and not answered.</summary>
internal sealed class NoWriter : IResponseWriter
{
    public static NoWriter Instance { get; } = new();

    public bool Started => false;

    public ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken) => throw Never();

    public void Start(int status, HeaderList headers) => throw Never();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw Never();

    public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) => throw Never();

    public void End(HeaderList trailers) => throw Never();

    public ValueTask FlushAsync(CancellationToken cancellationToken) => throw Never();

    public void Abort() => throw Never();

    private static InvalidOperationException Never() => new("A request that is explained is not answered.");
}
