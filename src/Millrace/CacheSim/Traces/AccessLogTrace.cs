using System.Globalization;

namespace Millrace.CacheSim.Traces;

/// <summary>
/// Access logs as requests to a shared cache. The object is the request target as it was written, query included; the size is the bytes that the log
/// says. Kept are GET requests that a whole body answered (status 200, more than 0 bytes); everything else is left out and counted: HEAD, POST and others, errors,
/// redirects, parts (206), and 304, whose log line does not say how large the object is.
/// </summary>
internal static class AccessLogTrace
{
    /// <summary>The format that a log's first line is of.</summary>
    public static TraceFormat? FormatOf(string line)
    {
        // EPA: host [29:23:53:25] "..."; common: host identity user [day/month/year:...] "...".
        var time = line.IndexOf('[', StringComparison.Ordinal);
        return !TryParts(line, out _, out _, out _) || time <= 0 ? null
            : line.AsSpan(0, time).Trim().Contains(' ') ? TraceFormat.CombinedLog : TraceFormat.Epa;
    }

    public static void Read(string first, Func<string?> next, Action<ulong, long> add, Action<string> leaveOut)
    {
        var number = 1L;
        for (string? line = first; line is not null; line = next(), number++)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (!TryParts(line, out var request, out var status, out var bytes))
            {
                throw new InvalidDataException($"line {number}: expected …\"METHOD target VERSION\" status bytes…, got '{Shown(line)}'.");
            }

            var method = request.IndexOf(' ');
            if (method <= 0 || !request[..method].SequenceEqual("GET"))
            {
                leaveOut("method");
            }
            else if (!status.SequenceEqual("200"))
            {
                leaveOut("status");
            }
            else if (!long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size == 0)
            {
                leaveOut("no bytes");
            }
            else
            {
                add(CsvTrace.Name(Target(request[(method + 1)..])), size);
            }
        }
    }

    /// <summary>The request ends at the first quote that a status follows: some targets have quotes in them.</summary>
    private static bool TryParts(ReadOnlySpan<char> line, out ReadOnlySpan<char> request, out ReadOnlySpan<char> status, out ReadOnlySpan<char> bytes)
    {
        request = default;
        status = default;
        bytes = default;
        var open = line.IndexOf('"');
        for (var close = open + 1; open >= 0 && close < line.Length; close++)
        {
            if (line[close] != '"' || close + 5 > line.Length || line[close + 1] != ' ' || line.Slice(close + 2, 3).ContainsAnyExceptInRange('0', '9'))
            {
                continue;
            }

            request = line[(open + 1)..close];
            status = line.Slice(close + 2, 3);
            var rest = line[(close + 5)..];
            if (rest.IsEmpty)
            {
                // EPA has 21 such lines, all 404: no bytes at all.
                return true;
            }

            bytes = rest[1..];
            bytes = bytes.IndexOf(' ') is >= 0 and var end ? bytes[..end] : bytes;
            return rest[0] == ' ';
        }

        return false;
    }

    /// <summary>Without the version, if there is one: HTTP/0.9 has none.</summary>
    private static ReadOnlySpan<char> Target(ReadOnlySpan<char> rest)
    {
        var version = rest.LastIndexOf(" HTTP/");
        return version < 0 ? rest : rest[..version];
    }

    private static string Shown(string line) => line.Length <= 120 ? line : line[..120] + "…";
}
