using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A part of what a request, or an event, says of where it happens: <c>surface</c>, <c>segment</c>, <c>slot</c> or <c>context:NAME</c>.</summary>
internal static class ContextPart
{
    private const string Attribute = "context:";

    /// <summary>The attribute of the context that <paramref name="by"/> names; null when it names another part.</summary>
    internal static string? KeyOf(string by) => by.StartsWith(Attribute, StringComparison.Ordinal) ? by[Attribute.Length..] : null;

    internal static ImmutableArray<string> Keys(string by) => KeyOf(by) is { } key ? [key] : [];

    internal static IEnumerable<string> Faults(string by)
    {
        bool good = by is "surface" or "segment" or "slot" || KeyOf(by) is { Length: >= 1 and <= 64 };
        if (!good) yield return $"by: expected surface, segment, slot or context:NAME; got '{by}'";
    }
}
