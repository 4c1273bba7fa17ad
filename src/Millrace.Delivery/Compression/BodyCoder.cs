using System.IO.Compression;
using ZstdSharp;

namespace Millrace.Delivery.Compression;

/// <summary>Codes and decodes whole bodies, within bounds.</summary>
internal sealed class BodyCoder(CompressionOptions options)
{
    private const int WindowBytes = 64 << 10;

    /// <summary>The body coded; null when that does not make it shorter.</summary>
    public ReadOnlyMemory<byte>[]? Encode(ReadOnlyMemory<byte>[] body, ContentCoding coding)
    {
        using BoundedPieces into = new(body.Sum(static piece => (long)piece.Length) - 1);
        using (Stream coder = coding switch
        {
            ContentCoding.Brotli => new BrotliStream(into, new BrotliCompressionOptions { Quality = options.BrotliQuality }, leaveOpen: true),
            ContentCoding.Zstd => new CompressionStream(into, options.ZstdLevel, leaveOpen: true),
            _ => new GZipStream(into, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            foreach (var piece in body)
            {
                if (into.IsOver)
                {
                    break;
                }

                coder.Write(piece.Span);
            }
        }

        return into.IsOver ? null : into.Take();
    }

    /// <summary>The body without its coding; null when it is broken, cut short, or longer than MaxBytes: a small body cannot unfold without end.</summary>
    public ReadOnlyMemory<byte>[]? Decode(ReadOnlyMemory<byte>[] body, ContentCoding coding)
    {
        using PieceStream from = new(body);
        using BoundedPieces into = new(options.MaxBytes);
        try
        {
            using Stream decoder = coding switch
            {
                ContentCoding.Brotli => new BrotliStream(from, CompressionMode.Decompress),
                ContentCoding.Zstd => new DecompressionStream(from),
                _ => new GZipStream(from, CompressionMode.Decompress),
            };
            var window = new byte[WindowBytes];
            while (!into.IsOver && decoder.Read(window) is > 0 and var read)
            {
                into.Write(window.AsSpan(0, read));
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException or ZstdException)
        {
            return null;
        }

        return into.IsOver ? null : into.Take();
    }
}
