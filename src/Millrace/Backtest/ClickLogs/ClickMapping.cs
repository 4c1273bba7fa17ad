using System.Collections.Immutable;
using Millrace.Node.Configuration;

namespace Millrace.Backtest.ClickLogs;

/// <summary>Reads <c>--map user=uid,session=sid,item=article,time=ts,time-format=unix-ms</c>.</summary>
internal static class ClickMapping
{
    private static readonly ImmutableArray<string> Keys = ["user", "session", "item", "time", "time-format", "segment"];

    private static readonly ImmutableArray<(string Name, TimeFormat Format)> TimeFormats =
    [
        ("unix-s", TimeFormat.UnixSeconds), ("unix-ms", TimeFormat.UnixMillis), ("unix-us", TimeFormat.UnixMicros), ("rfc3339", TimeFormat.Rfc3339),
    ];

    /// <summary>The format that <paramref name="map"/> describes.</summary>
    /// <exception cref="InvalidDataException">A key is unknown, doubled or missing; names it and what was expected.</exception>
    public static ClickLogFormat Parse(string map, RowSyntax syntax, bool sort)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in map.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            if (!Keys.Contains(key))
            {
                throw new InvalidDataException($"--map: unknown key '{key}'{Nearest(key)}; expected {string.Join(", ", Keys)}.");
            }

            if (equals < 0 || equals == pair.Length - 1)
            {
                throw new InvalidDataException($"--map: '{key}' has no value; expected {key}=<field>.");
            }

            if (!fields.TryAdd(key, pair[(equals + 1)..]))
            {
                throw new InvalidDataException($"--map: '{key}' is given twice.");
            }
        }

        if (!fields.ContainsKey("user") && !fields.ContainsKey("session"))
        {
            throw new InvalidDataException("--map: neither 'user' nor 'session' is given; expected at least one of them.");
        }

        return new ClickLogFormat(
            syntax, fields.GetValueOrDefault("user"), fields.GetValueOrDefault("session"), Required(fields, "item"), Required(fields, "time"),
            ParseTimeFormat(fields.GetValueOrDefault("time-format", "unix-ms")), sort)
        {
            Segment = fields.GetValueOrDefault("segment"),
        };
    }

    private static string Required(Dictionary<string, string> fields, string key) =>
        fields.TryGetValue(key, out var field) ? field : throw new InvalidDataException($"--map: '{key}' is missing; expected {key}=<field>.");

    private static TimeFormat ParseTimeFormat(string name)
    {
        foreach (var (known, format) in TimeFormats)
        {
            if (known == name)
            {
                return format;
            }
        }

        throw new InvalidDataException($"--map: unknown time-format '{name}'; expected {string.Join(", ", TimeFormats.Select(f => f.Name))}.");
    }

    private static string Nearest(string key) => NearestName.Of(key, Keys) is { } nearest ? $" (did you mean '{nearest}'?)" : "";
}
