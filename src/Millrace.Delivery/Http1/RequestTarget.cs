using System.Text;

namespace Millrace.Delivery.Http1;

/// <summary>
/// A request target taken apart (RFC 9112 §3.2). Origin form and the http and https absolute forms are served; authority and asterisk form are not.
/// Refused are also <c>#</c> and <c>\</c>, which some recipients end or change a path at, and whatever an origin might resolve past the prefix that chose
/// the route: dot segments, encoded, behind an encoded slash, or with path parameters as in <c>/..;/</c>.
/// </summary>
internal readonly ref struct RequestTarget
{
    private RequestTarget(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> authority, ReadOnlySpan<byte> pathAndQuery)
    {
        Scheme = scheme;
        Authority = authority;
        PathAndQuery = pathAndQuery;
    }

    /// <summary>Of the absolute form; empty in origin form.</summary>
    public ReadOnlySpan<byte> Scheme { get; }

    /// <summary>Of the absolute form; empty in origin form.</summary>
    public ReadOnlySpan<byte> Authority { get; }

    /// <summary>What stands behind the authority. In absolute form it may lack the slash that it begins with otherwise.</summary>
    public ReadOnlySpan<byte> PathAndQuery { get; }

    /// <summary>Takes a target apart; false when it is refused.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out RequestTarget target)
    {
        target = default;
        if (text.IsEmpty || text.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0 || text.IndexOfAny((byte)'#', (byte)'\\') >= 0)
        {
            return false;
        }

        if (text[0] == '/')
        {
            target = new RequestTarget(default, default, text);
        }
        else
        {
            var scheme = text.IndexOf("://"u8);
            if (scheme < 0 || !(Ascii.EqualsIgnoreCase(text[..scheme], "http"u8) || Ascii.EqualsIgnoreCase(text[..scheme], "https"u8)))
            {
                return false;
            }

            var rest = text[(scheme + 3)..];
            var path = rest.IndexOfAny((byte)'/', (byte)'?');
            path = path < 0 ? rest.Length : path;
            if (!Http1.Authority.IsValid(rest[..path]))
            {
                return false;
            }

            target = new RequestTarget(text[..scheme], rest[..path], rest[path..]);
        }

        var query = target.PathAndQuery.IndexOf((byte)'?');
        return IsUnambiguous(query < 0 ? target.PathAndQuery : target.PathAndQuery[..query]);
    }

    private static bool IsUnambiguous(ReadOnlySpan<byte> path) => path.IndexOf((byte)'%') >= 0 ? IsUnambiguousWhenDecoded(path) : path.IndexOf("/."u8) < 0 || !HasDotSegment(path);

    /// <summary>Decodes once: slashes, backslashes and dots are what matters, a NUL ends a path for some, and a percent that encodes nothing means what its reader likes.</summary>
    private static bool IsUnambiguousWhenDecoded(ReadOnlySpan<byte> path)
    {
        var decoded = path.Length <= 1024 ? stackalloc byte[path.Length] : new byte[path.Length];
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            var value = path[i];
            if (value == '%')
            {
                if (i + 2 >= path.Length || !char.IsAsciiHexDigit((char)path[i + 1]) || !char.IsAsciiHexDigit((char)path[i + 2]))
                {
                    return false;
                }

                value = (byte)((Digit(path[i + 1]) << 4) | Digit(path[i + 2]));
                i += 2;
                if (value == 0)
                {
                    return false;
                }
            }

            decoded[length++] = value == '\\' ? (byte)'/' : value;
        }

        return !HasDotSegment(decoded[..length]);
    }

    private static int Digit(byte hex) => char.IsAsciiDigit((char)hex) ? hex - '0' : (hex | 0x20) - 'a' + 10;

    private static bool HasDotSegment(ReadOnlySpan<byte> path)
    {
        foreach (var range in path.Split((byte)'/'))
        {
            var segment = path[range];
            var parameters = segment.IndexOf((byte)';');
            segment = parameters < 0 ? segment : segment[..parameters];
            if (segment is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                return true;
            }
        }

        return false;
    }
}
