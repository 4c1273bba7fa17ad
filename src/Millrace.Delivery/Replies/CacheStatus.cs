using System.Buffers.Text;
using System.Text;

namespace Millrace.Delivery.Replies;

/// <summary>One member of Cache-Status (RFC 9211): what this cache did. The steps of a request fill it; it is written once, with the head.</summary>
internal readonly record struct CacheStatus
{
    /// <summary>More than all parameters but the key take together.</summary>
    public const int MaxBytes = 192;

    /// <summary>A key that is longer is not said: fields of other caches have their room too.</summary>
    public const int MaxKeyBytes = 1024;

    public bool Hit { get; init; }

    /// <summary>Why the request went forward: bypass, method, uri-miss, vary-miss, miss, request, stale or partial; null when it did not.</summary>
    public string? Forward { get; init; }

    public int? ForwardStatus { get; init; }

    /// <summary>Whether the response is in the store, or goes there as it arrives: what ends cut short or too large is not kept after all.</summary>
    public bool Stored { get; init; }

    /// <summary>Whether another's request brought the response; false when that was tried and it could not be used, null when there was no other.</summary>
    public bool? Collapsed { get; init; }

    /// <summary>Seconds of freshness left; negative when stale.</summary>
    public long? TimeToLive { get; init; }

    public DeliveryReason Detail { get; init; }

    /// <summary>Room that is enough for a member.</summary>
    public static int RoomFor(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) => name.Length + MaxBytes + (key.Length <= MaxKeyBytes ? 2 * key.Length : 0);

    /// <summary>Writes the member; returns how many bytes it took.</summary>
    /// <param name="into">As large as <see cref="RoomFor"/>.</param>
    /// <param name="name">The cache's name.</param>
    /// <param name="key">The key to say, or empty.</param>
    public int Write(Span<byte> into, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
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

        // The next three mean something only where something went forward (RFC 9211 §2.3, §2.5, §2.6).
        if (Forward is not null && ForwardStatus is { } status)
        {
            Append(into, ref written, "; fwd-status="u8);
            Append(into, ref written, status);
        }

        if (Forward is not null && Stored)
        {
            Append(into, ref written, "; stored"u8);
        }

        if (Forward is not null && Collapsed is { } reused)
        {
            Append(into, ref written, reused ? "; collapsed"u8 : "; collapsed=?0"u8);
        }

        if (TimeToLive is { } seconds)
        {
            Append(into, ref written, "; ttl="u8);
            Append(into, ref written, seconds);
        }

        if (key.Length is > 0 and <= MaxKeyBytes)
        {
            AppendKey(into, ref written, key);
        }

        if (Detail != DeliveryReason.None)
        {
            Append(into, ref written, "; detail="u8);
            Append(into, ref written, Detail.Wire());
        }

        return written;
    }

    /// <summary>As a String of RFC 9651 §3.3.3; keys are URLs, and what no String holds leaves the parameter out.</summary>
    private static void AppendKey(Span<byte> into, ref int written, ReadOnlySpan<byte> key)
    {
        if (key.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
        {
            return;
        }

        Append(into, ref written, "; key=\""u8);
        foreach (var octet in key)
        {
            if (octet is (byte)'"' or (byte)'\\')
            {
                into[written++] = (byte)'\\';
            }

            into[written++] = octet;
        }

        into[written++] = (byte)'"';
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
