namespace Millrace.Delivery.Requests;

/// <summary>Where a response goes. Front ends write to a connection, tests to memory.</summary>
internal interface IResponseWriter
{
    /// <summary>Whether the head has been given.</summary>
    bool Started { get; }

    /// <summary>Gives the head; once.</summary>
    void Start(int status, HeaderList headers);

    /// <summary>Gives a piece of the body and waits until the connection can take more.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Cuts the connection or stream so that the client sees an incomplete response.</summary>
    void Abort();
}
