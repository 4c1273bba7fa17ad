using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;

namespace Millrace.Features.Definitions;

/// <summary>A part of what the catalogue says of an item: <c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>.</summary>
internal static class ItemPart
{
    private const string Attribute = "attribute:";

    /// <summary>The attribute that <paramref name="part"/> names; null when it names another part.</summary>
    internal static string? KeyOf(string part) => part.StartsWith(Attribute, StringComparison.Ordinal) ? part[Attribute.Length..] : null;

    /// <summary>The part's values in a change of an item.</summary>
    internal static IEnumerable<string> ValuesOf(string part, ItemChanged item) => part switch
    {
        "provider" => item.Provider is { } provider ? [provider] : [],
        "kind" => item.Kind is { } kind ? [kind] : [],
        _ => item.Attributes.TryGetValue(KeyOf(part)!, out var values) ? values : [],
    };

    /// <summary>32 bits that stand for a value, never 0: of 1,000 values of an attribute, two are taken for one with a probability of 10⁻⁴.</summary>
    internal static uint IdOf(string value) => Math.Max(1, (uint)(ItemHash.Of(value) >> 32));

    internal static IEnumerable<string> Faults(string field, string part)
    {
        bool good = part is "provider" or "kind" || KeyOf(part) is { Length: >= 1 and <= 64 };
        if (!good) yield return $"{field}: expected provider, kind or attribute:NAME; got '{part}'";
    }
}
