using System.Buffers;

namespace Millrace.Delivery.Http1;

/// <summary>uri-host [":" port] (RFC 9110 §7.2), narrower than RFC 3986: no user information, no percent-encoding, no sub-delimiters, for which no host is named.</summary>
internal static class Authority
{
    private const int MaxBytes = 255 + 6;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        if (authority.IsEmpty || authority.Length > MaxBytes)
        {
            return false;
        }

        if (authority[0] == '[')
        {
            var end = authority.IndexOf((byte)']');
            return end > 2 && authority[1..end].IndexOfAnyExcept(AddressBytes) < 0 && IsPortOrNothing(authority[(end + 1)..]);
        }

        var other = authority.IndexOfAnyExcept(NameBytes);
        return other < 0 || (other > 0 && IsPortOrNothing(authority[other..]));
    }

    private static bool IsPortOrNothing(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] != ':' || text.Length is < 2 or > 6)
        {
            return false;
        }

        var port = 0;
        foreach (var digit in text[1..])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            port = (port * 10) + (digit - '0');
        }

        return port is > 0 and <= ushort.MaxValue;
    }
}
