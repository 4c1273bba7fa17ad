using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Http1;

/// <summary>HTTP-version SP status-code SP [reason-phrase] (RFC 9112 §4). The space before an absent phrase may be absent too: many origins forget it.</summary>
/// <param name="Status">100 to 999.</param>
/// <param name="Minor">0 or 1.</param>
internal readonly record struct StatusLine(int Status, int Minor) : IStartLine<StatusLine>
{
    private const int VersionLength = 8;
    private const int CodeEnd = VersionLength + 4;

    public static bool Exists => true;

    public static bool MayFollowEmptyLine => false;

    public static bool TrimsNames => true;

    public static HeadFault Parse(ReadOnlySpan<byte> line, int offset, out StatusLine parsed)
    {
        parsed = default;
        if (line.Length < CodeEnd || line[VersionLength] != ' ' || (line.Length > CodeEnd && line[CodeEnd] != ' '))
        {
            return HeadFault.StartLine;
        }

        var minor = Http1Version.Minor(line[..VersionLength]);
        if (minor < 0)
        {
            return HeadFault.Version;
        }

        var code = line[(VersionLength + 1)..CodeEnd];
        if (code[0] is < (byte)'1' or > (byte)'9' || code.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || !Syntax.IsFieldValue(line[CodeEnd..]))
        {
            return HeadFault.StartLine;
        }

        parsed = new StatusLine(((code[0] - '0') * 100) + ((code[1] - '0') * 10) + (code[2] - '0'), minor);
        return HeadFault.None;
    }
}
