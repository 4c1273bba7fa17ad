namespace Millrace.Delivery.Http1;

/// <summary>What differs between heads of requests, heads of responses and trailers: the first line, and how forgiving the RFC makes a recipient.</summary>
internal interface IStartLine<TSelf>
    where TSelf : struct, IStartLine<TSelf>
{
    /// <summary>Whether there is a start line at all.</summary>
    static abstract bool Exists { get; }

    /// <summary>Whether one empty line before it is skipped (RFC 9112 §2.2).</summary>
    static abstract bool MayFollowEmptyLine { get; }

    /// <summary>Whether whitespace between a name and its colon is removed rather than refused (RFC 9112 §5.1).</summary>
    static abstract bool TrimsNames { get; }

    /// <summary>Reads a line without its line end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="offset">Where it begins in the message.</param>
    /// <param name="parsed">What it says.</param>
    static abstract HeadFault Parse(ReadOnlySpan<byte> line, int offset, out TSelf parsed);
}

/// <summary>Trailers begin with their first field.</summary>
internal readonly struct NoStartLine : IStartLine<NoStartLine>
{
    public static bool Exists => false;

    public static bool MayFollowEmptyLine => false;

    public static bool TrimsNames => false;

    public static HeadFault Parse(ReadOnlySpan<byte> line, int offset, out NoStartLine parsed)
    {
        parsed = default;
        return HeadFault.StartLine;
    }
}

/// <summary>A piece of a message, by its place.</summary>
internal readonly record struct Piece(int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> message) => message.Slice(Start, Length);
}
