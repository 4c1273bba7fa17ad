namespace Millrace.Delivery.Origins;

/// <summary>Where a server listens.</summary>
/// <param name="Host">A name or an address literal, as in a URL.</param>
/// <param name="Port">The port.</param>
/// <param name="Secure">Whether TLS is spoken, under the host's name.</param>
internal sealed record OriginEndpoint(string Host, int Port, bool Secure)
{
    public static OriginEndpoint Of(Uri address) => new(address.IdnHost, address.Port, address.Scheme == Uri.UriSchemeHttps);

    public override string ToString() => $"{(Secure ? "https" : "http")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}

/// <summary>Opens connections to servers. Sockets do, and simulated networks.</summary>
internal interface IConnector
{
    /// <summary>
    /// Opens a connection: a stream on which one read and one write may be under way at once, and which <see cref="Stream.Dispose()"/>, called at any time,
    /// ends with both of them.
    /// </summary>
    /// <exception cref="OriginException">Nobody took the connection.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask<Stream> ConnectAsync(OriginEndpoint endpoint, CancellationToken cancellationToken);
}
