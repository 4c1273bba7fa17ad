using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>method SP request-target SP HTTP-version (RFC 9112 §3), with exactly one space between.</summary>
/// <param name="Method">A token.</param>
/// <param name="Target">Visible ASCII; its form is for <see cref="RequestTarget"/> to judge.</param>
/// <param name="Minor">0 or 1.</param>
internal readonly record struct RequestLine(Piece Method, Piece Target, int Minor) : IStartLine<RequestLine>
{
    public static bool Exists => true;

    public static bool MayFollowEmptyLine => true;

    public static bool TrimsNames => false;

    public static HeadFault Parse(ReadOnlySpan<byte> line, int offset, out RequestLine parsed)
    {
        parsed = default;
        var method = line.IndexOf((byte)' ');
        if (method < 0)
        {
            return HeadFault.StartLine;
        }

        if (!Syntax.IsToken(line[..method]))
        {
            return HeadFault.Method;
        }

        var rest = line[(method + 1)..];
        var target = rest.IndexOf((byte)' ');
        if (target < 0)
        {
            return HeadFault.StartLine;
        }

        if (target == 0 || rest[..target].IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0)
        {
            return HeadFault.Target;
        }

        var minor = Http1Version.Minor(rest[(target + 1)..]);
        if (minor < 0)
        {
            return HeadFault.Version;
        }

        parsed = new RequestLine(new Piece(offset, method), new Piece(offset + method + 1, target), minor);
        return HeadFault.None;
    }
}
