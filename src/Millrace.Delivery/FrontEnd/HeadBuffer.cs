using System.Buffers;

namespace Millrace.Delivery.FrontEnd;

/// <summary>A head's bytes as one span: where they lie when that is one segment, else copied together, each byte once.</summary>
internal struct HeadBuffer
{
    private byte[]? _rented;
    private int _copied;

    /// <summary>The first bytes of what was received, at most <paramref name="max"/>; <paramref name="received"/> begins where the head does.</summary>
    public ReadOnlySpan<byte> Of(in ReadOnlySequence<byte> received, int max)
    {
        if (received.IsSingleSegment)
        {
            var first = received.FirstSpan;
            return first[..Math.Min(first.Length, max)];
        }

        _rented ??= ArrayPool<byte>.Shared.Rent(max);
        var length = (int)Math.Min(received.Length, max);
        received.Slice(_copied, length - _copied).CopyTo(_rented.AsSpan(_copied));
        _copied = length;
        return _rented.AsSpan(0, length);
    }

    /// <summary>Forgets the head.</summary>
    public void Clear()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }

        _copied = 0;
    }
}
