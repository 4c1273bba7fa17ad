namespace Millrace.Delivery.Compression;

/// <summary>A body in another coding, kept beside the body that it is made of.</summary>
internal sealed class Conversion(ReadOnlyMemory<byte>[] pieces)
{
    /// <summary>Stands where one is being made, and where none can be: it came out no shorter, or the body is broken.</summary>
    public static readonly Conversion None = new([]);

    public ReadOnlyMemory<byte>[] Pieces { get; } = pieces;

    public long Length { get; } = pieces.Sum(static piece => (long)piece.Length);

    /// <summary>Whether it was asked for since its keeper last looked.</summary>
    public bool Asked { get; set; }
}
