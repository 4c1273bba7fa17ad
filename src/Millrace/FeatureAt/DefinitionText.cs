using System.Globalization;
using System.Reflection;
using Millrace.Features.Definitions;
using Millrace.Node.Configuration;

namespace Millrace.FeatureAt;

/// <summary>Definitions and keys of states as text: <c>count {event: click, window: 1h}</c>, from what their records declare.</summary>
internal static class DefinitionText
{
    private static readonly string[] Suffixes = ["Feature", "Key"];

    public static string Of(object record)
    {
        var type = record.GetType();
        var parts = type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(property => property.GetMethod is { } get && get.GetBaseDefinition().DeclaringType == type)
            .Select(property => (property.Name, Value: property.GetValue(record)))
            .Where(property => property.Value is not null and not (false or ""))
            .Select(property => $"{Word(property.Name)}: {Text(property.Value!)}");
        return $"{Kind(record)} {{{string.Join(", ", parts)}}}";
    }

    /// <summary>The name of a kind, as <c>GET /v1/features</c> says it.</summary>
    public static string Kind(object record)
    {
        var name = record.GetType().Name;
        return Word(Suffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix ? name[..^suffix.Length] : name);
    }

    public static string Entity(FeatureEntity entity) => Word(entity.ToString());

    private static string Text(object value) => value switch
    {
        TimeSpan span => Quantities.Format(span),
        Enum name => Word(name.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        _ => value.ToString() ?? "",
    };

    private static string Word(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
