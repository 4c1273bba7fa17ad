namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// What leaves on a connection: small pieces are gathered until a flush, large ones go from where they lie. Calls follow one another.
/// </summary>
internal abstract class ConnectionOutput
{
    /// <summary>Room for at least <paramref name="size"/> bytes, taken by <see cref="Advance"/>.</summary>
    public abstract Span<byte> GetSpan(int size);

    public abstract void Advance(int count);

    /// <summary>Takes a piece, which may be used again when this completes; completes when the connection can take more.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what was gathered.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public abstract ValueTask FlushAsync();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }
}
