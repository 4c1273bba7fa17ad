namespace Millrace.Delivery.Requests;

/// <summary>Where a response goes. Front ends write to a connection, tests to memory.</summary>
internal interface IResponseWriter
{
    /// <summary>Whether the head has been given.</summary>
    bool Started { get; }

    /// <summary>Gives the head; once. It leaves with the first piece of the body, or by <see cref="FlushAsync"/>.</summary>
    void Start(int status, HeaderList headers);

    /// <summary>Gives a piece of the body, which may be used again when this completes, and waits until the connection can take more.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Sends what was given so far.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Cuts the connection or stream so that the client sees an incomplete response.</summary>
    void Abort();
}
