using System.Buffers;

namespace Millrace.Delivery.Routes;

/// <summary>
/// The normal form of a path (RFC 3986 §6.2.2): escapes of unreserved characters are those characters, and the digits of others are upper case. The
/// forms are one URL by definition; kept apart, <c>/%61dmin</c> would pass by the rules of <c>/admin</c>, and a purge would miss half of its object.
/// </summary>
internal static class PathNormal
{
    /// <summary>Whether the path of a target is in normal form, as nearly all are.</summary>
    public static bool Holds(ReadOnlySpan<byte> path)
    {
        for (var at = path.IndexOf((byte)'%'); at >= 0; at = NextEscape(path, at))
        {
            if (Read(path, at) is var octet and >= 0 && (IsUnreserved(octet) || IsLower(path[at + 1]) || IsLower(path[at + 2])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the path in normal form; what is no escape stays as it is.</summary>
    public static void Write(ReadOnlySpan<byte> path, IBufferWriter<byte> into)
    {
        var room = into.GetSpan(path.Length);
        var used = 0;
        for (var i = 0; i < path.Length; i++)
        {
            var octet = path[i] == '%' ? Read(path, i) : -1;
            if (octet < 0)
            {
                room[used++] = path[i];
            }
            else
            {
                if (IsUnreserved(octet))
                {
                    room[used++] = (byte)octet;
                }
                else
                {
                    room[used++] = (byte)'%';
                    room[used++] = Upper(path[i + 1]);
                    room[used++] = Upper(path[i + 2]);
                }

                i += 2;
            }
        }

        into.Advance(used);
    }

    /// <summary>Writes the path in lower case. Letters of escapes keep theirs: <c>%C3</c> is not <c>%c3</c> in normal form.</summary>
    public static void WriteFolded(ReadOnlySpan<byte> path, IBufferWriter<byte> into)
    {
        var room = into.GetSpan(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length)
            {
                path.Slice(i, 3).CopyTo(room[i..]);
                i += 2;
            }
            else
            {
                room[i] = path[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(path[i] | 0x20) : path[i];
            }
        }

        into.Advance(path.Length);
    }

    /// <summary>The normal form of a path in text.</summary>
    public static string Of(string path)
    {
        ArrayBufferWriter<byte> normal = new(Math.Max(path.Length, 1));
        Write(System.Text.Encoding.Latin1.GetBytes(path), normal);
        return System.Text.Encoding.Latin1.GetString(normal.WrittenSpan);
    }

    private static int NextEscape(ReadOnlySpan<byte> path, int at) => path[(at + 1)..].IndexOf((byte)'%') is >= 0 and var next ? at + 1 + next : -1;

    private static int Read(ReadOnlySpan<byte> path, int at) =>
        at + 2 < path.Length && char.IsAsciiHexDigit((char)path[at + 1]) && char.IsAsciiHexDigit((char)path[at + 2])
            ? (Convert.FromHexString([(char)path[at + 1], (char)path[at + 2]])[0])
            : -1;

    private static bool IsUnreserved(int octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is '-' or '.' or '_' or '~';

    private static bool IsLower(byte digit) => digit is >= (byte)'a' and <= (byte)'f';

    private static byte Upper(byte digit) => IsLower(digit) ? (byte)(digit - 32) : digit;
}
