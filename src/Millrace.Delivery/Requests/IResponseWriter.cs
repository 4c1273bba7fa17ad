namespace Millrace.Delivery.Requests;

/// <summary>
/// Where responses go: front ends write to a connection, tests to memory. For each request: interim heads, one <see cref="Start"/>, the body in
/// pieces, perhaps trailers. The response is whole when the core's handler ends without <see cref="Abort"/>, which is also when it is sent at the latest.
/// Calls follow one another. Framing is the writer's: by Content-Length where the head has one, and no body at all where the request or the status forbids it.
/// </summary>
internal interface IResponseWriter
{
    /// <summary>Whether the head has been given.</summary>
    bool Started { get; }

    /// <summary>Sends an interim response (RFC 9110 §15.2) on, before the head. Writers for clients that cannot take one leave it out.</summary>
    ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken);

    /// <summary>Gives the head; once. The lines are read during the call alone. The head leaves with the first piece of the body, or by <see cref="FlushAsync"/>.</summary>
    void Start(int status, HeaderList headers);

    /// <summary>Gives a piece of the body, which may be used again when this completes, and waits until the connection can take more.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Gives several pieces in one call, under the same terms, so that a connection can gather them.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken);

    /// <summary>Gives the trailer fields, after the body. Writers whose framing has no place for them leave them out (RFC 9110 §6.5.1).</summary>
    void End(HeaderList trailers);

    /// <summary>Sends what was given so far.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Cuts the connection or stream so that the client sees an incomplete response.</summary>
    void Abort();
}
