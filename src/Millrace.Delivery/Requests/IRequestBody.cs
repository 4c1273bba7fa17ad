namespace Millrace.Delivery.Requests;

/// <summary>A request's body, read once and forwards; framing is the front end's affair.</summary>
internal interface IRequestBody
{
    /// <summary>Its length in bytes where the client said one.</summary>
    long? Length { get; }

    /// <summary>Reads a piece; zero at the end.</summary>
    /// <exception cref="RequestBodyException">The client's side failed.</exception>
    ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken);
}
