using System.Globalization;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Cache-Control as RFC 9111 §5.2 reads it: names without case, arguments as tokens or quoted strings.</summary>
internal sealed class Directives
{
    /// <summary>RFC 9111 §1.2.2: what is too large counts as 2^31.</summary>
    private const long Ever = 1L << 31;

    private readonly List<(string Name, string? Argument)> _all = [];

    public Directives(Fields fields, string field = "Cache-Control")
    {
        foreach (var member in fields.List(field))
        {
            var equals = member.IndexOf('=', StringComparison.Ordinal);
            _all.Add(equals < 0 ? (member, null) : (member[..equals], Unquoted(member[(equals + 1)..])));
        }
    }

    public bool Any => _all.Count > 0;

    public bool Has(string name) => _all.Any(one => Fields.Same(one.Name, name));

    /// <summary>A directive that stands for the whole response: without field names (§5.2.2.4, §5.2.2.7).</summary>
    public bool HasWhole(string name) => _all.Any(one => Fields.Same(one.Name, name) && string.IsNullOrEmpty(one.Argument));

    /// <summary>The field names of <c>no-cache="a, b"</c> or <c>private="a"</c>.</summary>
    public IEnumerable<string> FieldNames(string name) =>
        _all.Where(one => Fields.Same(one.Name, name) && !string.IsNullOrEmpty(one.Argument)).SelectMany(static one => Fields.SplitList(one.Argument!));

    /// <summary>
    /// Seconds of the first of that name (§4.2.1: the first, or stale). Null when there is none; zero when it is not a number, for a response whose
    /// freshness is invalid is to be taken as stale.
    /// </summary>
    public long? Seconds(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        var argument = _all.First(one => Fields.Same(one.Name, name)).Argument;
        return argument is { Length: > 0 } && argument.All(char.IsAsciiDigit)
            ? long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, Ever) : Ever
            : 0;
    }

    private static string Unquoted(string text) => text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1].Replace("\\", "", StringComparison.Ordinal) : text;
}
