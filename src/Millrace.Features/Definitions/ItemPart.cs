using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A part of what the catalogue says of an item: <c>provider</c>, <c>kind</c> or <c>attribute:NAME</c>.</summary>
internal static class ItemPart
{
    private const string Attribute = "attribute:";

    /// <summary>The attribute that <paramref name="part"/> names; null when it names another part.</summary>
    internal static string? KeyOf(string part) => part.StartsWith(Attribute, StringComparison.Ordinal) ? part[Attribute.Length..] : null;

    internal static IEnumerable<string> Faults(string field, string part)
    {
        bool good = part is "provider" or "kind" || KeyOf(part) is { Length: >= 1 and <= 64 };
        if (!good) yield return $"{field}: expected provider, kind or attribute:NAME; got '{part}'";
    }
}
