using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Replies;

/// <summary>A single byte range over a complete body (RFC 9110 §14.1.2). Several ranges at once are answered by the whole, as §14.2 allows.</summary>
internal readonly record struct ByteRange(long First, long Length)
{
    public bool IsSatisfiable => Length > 0;

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

    /// <summary>The range that the field asks for; null when the field is to be ignored.</summary>
    public static ByteRange? Parse(string? field, long size)
    {
        if (field is null || !field.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase) || field.Contains(',', StringComparison.Ordinal))
        {
            return null;
        }

        var spec = field.AsSpan(6).Trim();
        var dash = spec.IndexOf('-');
        if (dash < 0)
        {
            return null;
        }

        var from = Offset(spec[..dash]);
        var to = Offset(spec[(dash + 1)..]);
        if (dash == 0)
        {
            return to is { } suffix ? new ByteRange(Math.Max(0, size - suffix), Math.Min(suffix, size)) : null;
        }

        if (from is not { } first || (to is null && dash + 1 < spec.Length) || to < first)
        {
            return null;
        }

        return new ByteRange(first, Math.Max(0, Math.Min(to ?? long.MaxValue - 1, size - 1) - first + 1));
    }

    private static long? Offset(ReadOnlySpan<char> text) =>
        !text.IsEmpty && text.Length <= 18 && text.IndexOfAnyExceptInRange('0', '9') < 0 ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : null;
}
