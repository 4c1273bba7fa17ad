using System.Buffers.Text;
using System.Text;

namespace Millrace.Delivery.Replies;

/// <summary>One member of Cache-Status (RFC 9211): what this cache did. The steps of a request fill it; it is written once, with the head.</summary>
internal readonly record struct CacheStatus
{
    /// <summary>More than all parameters take together.</summary>
    public const int MaxBytes = 192;

    public bool Hit { get; init; }

    /// <summary>bypass, method, miss, stale, request, or null for a hit.</summary>
    public string? Forward { get; init; }

    public int? ForwardStatus { get; init; }

    /// <summary>Whether the store has the response by now; a body that is still arriving may yet be refused, and promises nothing.</summary>
    public bool Stored { get; init; }

    public bool Collapsed { get; init; }

    /// <summary>Seconds of freshness left; negative when stale.</summary>
    public long? TimeToLive { get; init; }

    public DeliveryReason Detail { get; init; }

    /// <summary>Writes the member; returns how many bytes it took. <see cref="MaxBytes"/> beyond the name are enough.</summary>
    public int Write(Span<byte> into, ReadOnlySpan<byte> name)
    {
        var written = 0;
        Append(into, ref written, name);
        if (Hit)
        {
            Append(into, ref written, "; hit"u8);
        }

        if (Forward is not null)
        {
            Append(into, ref written, "; fwd="u8);
            Append(into, ref written, Forward);
        }

        if (ForwardStatus is { } status)
        {
            Append(into, ref written, "; fwd-status="u8);
            Append(into, ref written, status);
        }

        if (Stored)
        {
            Append(into, ref written, "; stored"u8);
        }

        if (Collapsed)
        {
            Append(into, ref written, "; collapsed"u8);
        }

        if (TimeToLive is { } seconds)
        {
            Append(into, ref written, "; ttl="u8);
            Append(into, ref written, seconds);
        }

        if (Detail != DeliveryReason.None)
        {
            Append(into, ref written, "; detail="u8);
            Append(into, ref written, Detail.Wire());
        }

        return written;
    }

    private static void Append(Span<byte> into, ref int written, ReadOnlySpan<byte> part)
    {
        part.CopyTo(into[written..]);
        written += part.Length;
    }

    private static void Append(Span<byte> into, ref int written, string part) => written += Encoding.Latin1.GetBytes(part, into[written..]);

    private static void Append(Span<byte> into, ref int written, long number)
    {
        Utf8Formatter.TryFormat(number, into[written..], out var length);
        written += length;
    }
}
