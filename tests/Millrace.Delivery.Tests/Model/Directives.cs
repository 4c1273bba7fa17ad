using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Delivery.Tests.Model;

/// <summary>
/// Cache-Control as RFC 9111 §5.2 reads it: names without case, arguments as tokens or quoted strings; or CDN-Cache-Control in its place, a dictionary of
/// which one fault makes nothing (RFC 9213 §2.1).
/// </summary>
internal sealed class Directives
{
    /// <summary>RFC 9111 §1.2.2: what is too large counts as 2^31.</summary>
    private const long Ever = 1L << 31;

    private const string Targeted = "CDN-Cache-Control";

    private static readonly string[] Times = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];

    private readonly List<(string Name, string? Argument)> _all = [];

    private Directives(Fields fields, string field, bool isTargeted)
    {
        IsTargeted = isTargeted;
        foreach (var member in fields.List(field))
        {
            var equals = member.IndexOf('=', StringComparison.Ordinal);
            _all.Add(equals < 0 ? (member, null) : (member[..equals], Unquoted(member[(equals + 1)..])));
        }
    }

    /// <summary>Whether they stand in place of Cache-Control and Expires (RFC 9213 §2.2).</summary>
    public bool IsTargeted { get; }

    /// <summary>How often a directive is named, for those who would rather not go by several.</summary>
    public bool HasEachOnce => _all.Select(static one => one.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == _all.Count;

    public static Directives OfCacheControl(Fields fields) => new(fields, "Cache-Control", isTargeted: false);

    /// <summary>What a response says to a cache of a content delivery network.</summary>
    public static Directives OfResponse(Fields fields) => IsDictionary(fields.Joined(Targeted)) ? new(fields, Targeted, isTargeted: true) : OfCacheControl(fields);

    /// <summary>A dictionary of keys alone, integers and strings, which are all that histories have; not empty, and each directive of its type.</summary>
    private static bool IsDictionary(string? value) =>
        value is not null && value.Split(',').All(static member => Regex.Match(member.Trim(' ', '\t'), "^([a-z*][a-z0-9_.*-]*)(?:=([0-9]{1,15}|\"[^\"]*\"))?$") is { Success: true } one
            && (!Times.Contains(one.Groups[1].Value) || one.Groups[2].Value.Length > 0 && char.IsAsciiDigit(one.Groups[2].Value[0])));

    public bool Has(string name) => _all.Any(one => Fields.Same(one.Name, name));

    /// <summary>A directive that stands for the whole response: without field names (§5.2.2.4, §5.2.2.7).</summary>
    public bool HasWhole(string name) => _all.Any(one => Fields.Same(one.Name, name) && string.IsNullOrEmpty(one.Argument));

    /// <summary>The field names of <c>no-cache="a, b"</c> or <c>private="a"</c>.</summary>
    public IEnumerable<string> FieldNames(string name) =>
        _all.Where(one => Fields.Same(one.Name, name) && !string.IsNullOrEmpty(one.Argument)).SelectMany(static one => Fields.SplitList(one.Argument!));

    /// <summary>
    /// Seconds of the first of that name (§4.2.1: the first, or stale); in a dictionary the last of a key counts (RFC 9651 §3.2). Null when there is none; zero when it is not a number, for a response whose
    /// freshness is invalid is to be taken as stale.
    /// </summary>
    public long? Seconds(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        var argument = (IsTargeted ? _all.Last(one => Fields.Same(one.Name, name)) : _all.First(one => Fields.Same(one.Name, name))).Argument;
        return argument is { Length: > 0 } && argument.All(char.IsAsciiDigit)
            ? long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, Ever) : Ever
            : 0;
    }

    private static string Unquoted(string text) => text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1].Replace("\\", "", StringComparison.Ordinal) : text;
}
