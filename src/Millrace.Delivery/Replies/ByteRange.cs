namespace Millrace.Delivery.Replies;

/// <summary>Bytes of a representation, the first and how many.</summary>
internal readonly record struct ByteRange(long First, long Length)
{
    /// <summary>The first byte behind it.</summary>
    public long End => First + Length;

    /// <summary>Whether both overlap, or at most <paramref name="gap"/> bytes lie between them.</summary>
    public bool Touches(ByteRange other, long gap) => First <= other.End + gap && other.First <= End + gap;

    /// <summary>The smallest range that holds both.</summary>
    public ByteRange With(ByteRange other)
    {
        var first = Math.Min(First, other.First);
        return new ByteRange(first, Math.Max(End, other.End) - first);
    }
}
