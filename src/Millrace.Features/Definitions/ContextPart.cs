using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Journal.Facts;

namespace Millrace.Features.Definitions;

/// <summary>A part of what a request, or an event, says of where it happens: <c>surface</c>, <c>segment</c>, <c>slot</c> or <c>context:NAME</c>.</summary>
internal static class ContextPart
{
    private const string Attribute = "context:";

    /// <summary>The attribute of the context that <paramref name="by"/> names; null when it names another part.</summary>
    internal static string? KeyOf(string by) => by.StartsWith(Attribute, StringComparison.Ordinal) ? by[Attribute.Length..] : null;

    internal static ImmutableArray<string> Keys(string by) => KeyOf(by) is { } key ? [key] : [];

    /// <summary>The hash of the part's value in an event; null when it has none.</summary>
    /// <param name="by">The part.</param>
    /// <param name="key">What <see cref="KeyOf"/> says of it.</param>
    /// <param name="observed">The event.</param>
    internal static ulong? HashOf(string by, string? key, Observed observed) => Hash(by switch
    {
        "surface" => observed.Surface,
        "segment" => observed.Segment,
        "slot" => observed.Slot,
        _ => observed.Context.GetValueOrDefault(key!),
    });

    /// <summary>The hash of the part's value in a request; null when it has none.</summary>
    internal static ulong? HashOf(string by, in FeatureRead read) => Hash(by switch
    {
        "surface" => read.Surface,
        "segment" => read.Segment,
        "slot" => read.Slot,
        _ => read.ContextValue(0),
    });

    private static ulong? Hash(string? value) => string.IsNullOrEmpty(value) ? null : ItemHash.Of(value);

    internal static IEnumerable<string> Faults(string by)
    {
        bool good = by is "surface" or "segment" or "slot" || KeyOf(by) is { Length: >= 1 and <= 64 };
        if (!good) yield return $"by: expected surface, segment, slot or context:NAME; got '{by}'";
    }
}
