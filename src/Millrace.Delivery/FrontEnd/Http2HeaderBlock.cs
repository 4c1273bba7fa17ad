using System.Buffers;
using Millrace.Delivery.Http2;

namespace Millrace.Delivery.FrontEnd;

/// <summary>A header block that comes in several frames (RFC 9113 §4.3), put together.</summary>
internal struct Http2HeaderBlock
{
    private byte[]? _bytes;
    private int _used;

    /// <summary>The stream that it is for; zero when there is none.</summary>
    public int Stream { get; private set; }

    /// <summary>Whether the stream ends with it.</summary>
    public bool EndsStream { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _used);

    public void Begin(int stream, bool endsStream) => (Stream, EndsStream) = (stream, endsStream);

    /// <summary>Adds a piece.</summary>
    /// <exception cref="Http2Exception">It is longer than it may be then (CVE-2024-27316).</exception>
    public void Add(ReadOnlySpan<byte> piece, int max)
    {
        if (_used + piece.Length > max)
        {
            throw new Http2Exception(Http2Error.EnhanceYourCalm, "A header block is longer than we take.");
        }

        if (_bytes is null || _used + piece.Length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FrameHead.DefaultMaxLength, 2 * (_used + piece.Length)));
            Bytes.CopyTo(larger);
            Return();
            _bytes = larger;
        }

        piece.CopyTo(_bytes.AsSpan(_used));
        _used += piece.Length;
    }

    /// <summary>Forgets it.</summary>
    public void Clear()
    {
        Return();
        (_bytes, _used, Stream) = (null, 0, 0);
    }

    private readonly void Return()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
