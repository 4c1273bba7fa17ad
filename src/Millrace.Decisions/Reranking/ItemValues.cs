using System.Collections.Immutable;
using Millrace.Features.Catalogue;

namespace Millrace.Decisions.Reranking;

/// <summary>The values of one attribute of an item, as the catalogue holds them: limits and likeness go by the first, a quota is served by any.</summary>
internal readonly struct ItemValues
{
    private readonly ImmutableArray<string> _more;

    private ItemValues(string? first) => First = first ?? "";

    private ItemValues(ImmutableArray<string> values)
        : this(values.IsDefaultOrEmpty ? null : values[0]) => _more = values;

    /// <summary>Empty where there is none.</summary>
    internal string First { get; }

    internal static ItemValues Of(CatalogueItem? item, string attribute) => attribute switch
    {
        _ when item is null => new ItemValues((string?)null),
        "provider" => new ItemValues(item.Provider),
        "kind" => new ItemValues(item.Kind),
        _ => new ItemValues(item.Attributes.GetValueOrDefault(attribute)),
    };

    internal bool Holds(string? value) => First == value || (!_more.IsDefault && Array.IndexOf(System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsArray(_more)!, value) >= 0);
}
