using Millrace.Soak.Content;

namespace Millrace.Soak.Origin;

/// <summary>A request as the origin reads it: its head's fields, lower case names.</summary>
internal sealed record OriginRequest(string Method, string Path, IReadOnlyDictionary<string, string> Fields)
{
    public bool IsHead => Method == "HEAD";

    public bool TakesGzip => this["accept-encoding"]?.Contains("gzip", StringComparison.Ordinal) == true;

    public string? this[string name] => Fields.GetValueOrDefault(name);

    public int Language => Math.Max(0, Array.FindIndex(SoakObject.Languages, language => this["accept-language"]?.StartsWith(language, StringComparison.Ordinal) == true));

    public static OriginRequest Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        Dictionary<string, string> fields = [];
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon].ToLowerInvariant(), line[(colon + 1)..].Trim());
            fields[name] = fields.TryGetValue(name, out var earlier) ? $"{earlier}, {value}" : value;
        }

        return new OriginRequest(words[0], words[1], fields);
    }

    /// <summary>The one range that is asked for, cut to a length; null without one that can be met.</summary>
    public (long From, long To)? RangeOf(long length)
    {
        if (this["range"] is not { } text || !text.StartsWith("bytes=", StringComparison.Ordinal) || text.Contains(',', StringComparison.Ordinal))
        {
            return null;
        }

        var ends = text["bytes=".Length..].Split('-');
        if (ends is not [var first, var last] || !long.TryParse(first, out var from) || from >= length)
        {
            return null;
        }

        return (from, long.TryParse(last, out var to) ? Math.Min(to, length - 1) : length - 1);
    }
}
