using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Millrace.Node.Configuration;

/// <summary>The kinds of single value that settings have.</summary>
internal static class Scalars
{
    public static ScalarShape Address { get; } = new(ListenAddress.Expected, ListenAddress.Parse, () => Text(null));

    /// <summary>An address, or the text <c>off</c>.</summary>
    public static ScalarShape AddressOrOff { get; } = new($"{ListenAddress.Expected}, or off", static t => t == "off" ? (object?)t : ListenAddress.Parse(t), () => Text(null));

    public static ScalarShape Name { get; } = new(Names.Expected, t => Names.IsName(t) ? t : null, () => Text(Names.Pattern));

    public static ScalarShape Boolean { get; } = new(
        "true or false", t => t switch { "true" => true, "false" => false, _ => null }, () => new JsonObject { ["type"] = "boolean" });

    /// <summary>Text of 1 to <paramref name="max"/> characters without controls.</summary>
    public static ScalarShape Line(string expected, int max) => new(
        expected,
        t => t.Length >= 1 && t.Length <= max && !t.Any(char.IsControl) ? t : null,
        () => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = max });

    public static ScalarShape Duration(TimeSpan min, TimeSpan max) => new(
        $"{Quantities.DurationExpected} from {Quantities.Format(min)} to {Quantities.Format(max)}",
        t => Quantities.ParseDuration(t) is { } d && d >= min && d <= max ? d : null,
        () => Text(Quantities.DurationPattern));

    /// <summary>A duration, or the text <c>off</c>.</summary>
    public static ScalarShape DurationOrOff(TimeSpan min, TimeSpan max)
    {
        var duration = Duration(min, max);
        return new($"{duration.Expected}, or off", t => t == "off" ? t : duration.Parse(t), static () => Text($"{Quantities.DurationPattern}|^off$"));
    }

    public static ScalarShape Size(long min, long max) => new(
        $"{Quantities.SizeExpected}, {min} to {max} bytes",
        t => Quantities.ParseSize(t) is { } s && s >= min && s <= max ? s : null,
        () => new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = Quantities.SizePattern });

    public static ScalarShape Integer(int min, int max) => new(
        $"a whole number from {min} to {max}",
        t => int.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max ? n : null,
        () => new JsonObject { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max });

    public static ScalarShape Number(double min, double max) => new(
        string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"),
        t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max ? n : null,
        () => new JsonObject { ["type"] = "number", ["minimum"] = min, ["maximum"] = max });

    /// <summary>A part of a whole: a bare number is none of percents.</summary>
    public static ScalarShape Share { get; } = new(
        "a share from 0 to 1 like '0.05', or from 0% to 100% like '5%'",
        static t => double.TryParse(t.AsSpan(0, t.Length - (t.EndsWith('%') ? 1 : 0)), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n)
            && (t.EndsWith('%') ? n / 100 : n) is >= 0 and <= 1 and var share ? share : null,
        static () => new JsonObject { ["type"] = new JsonArray("number", "string"), ["minimum"] = 0, ["maximum"] = 1, ["pattern"] = @"^[0-9]+(\.[0-9]+)?%$" });

    public static ScalarShape OneOf(params ImmutableArray<string> words) => new(
        string.Join(" or ", words),
        t => words.Contains(t) ? t : null,
        () => new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) })
    {
        Words = words,
    };

    private static JsonObject Text(string? pattern)
    {
        var json = new JsonObject { ["type"] = "string" };
        if (pattern is not null)
        {
            json["pattern"] = pattern;
        }

        return json;
    }
}
