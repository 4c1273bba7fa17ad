namespace Millrace.Api;

/// <summary>Reads a request target (RFC 9112 §3.2) as it came over the wire.</summary>
internal static class RequestTarget
{
    /// <summary>
    /// The segments of the path, undecoded: without the scheme and authority of the absolute form, without query, and with dot segments removed (RFC 3986
    /// §5.2.4) as the server removes them before it routes.
    /// </summary>
    public static List<string> Segments(string target)
    {
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length);
        if (!path.StartsWith('/') && path.IndexOf("://") is >= 0 and var scheme)
        {
            var rest = path[(scheme + 3)..];
            path = rest.IndexOf('/') is >= 0 and var root ? rest[root..] : "/";
        }

        var segments = new List<string>();
        var raw = path.ToString().Split('/');
        for (var i = 1; i < raw.Length; i++)
        {
            var dots = raw[i].Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
            if (dots is not ("." or ".."))
            {
                segments.Add(raw[i]);
                continue;
            }

            if (dots == ".." && segments.Count > 0)
            {
                segments.RemoveAt(segments.Count - 1);
            }

            if (i == raw.Length - 1)
            {
                segments.Add("");
            }
        }

        return segments;
    }

    /// <summary>Percent-decodes a segment once.</summary>
    /// <returns>False when an escape is broken, or the bytes are not UTF-8.</returns>
    public static bool TryDecode(string raw, out string id)
    {
        id = "";
        var bytes = new byte[raw.Length * 3];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                length += System.Text.Encoding.UTF8.GetBytes(raw, i, 1, bytes, length);
            }
            else if (i + 2 < raw.Length && byte.TryParse(raw.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out bytes[length]))
            {
                (i, length) = (i + 2, length + 1);
            }
            else
            {
                return false;
            }
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length)))
        {
            return false;
        }

        id = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}
