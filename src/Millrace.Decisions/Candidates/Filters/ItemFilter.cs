using System.Collections.Frozen;
using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>One filter, ready to ask.</summary>
internal abstract class ItemFilter
{
    internal static ItemFilter Of(CandidateFilter filter) => filter switch
    {
        ValueFilter values => new ItemValueFilter(values),
        ContextFilter context => new ItemContextFilter(context),
        NumberFilter number => new ItemNumberFilter(number),
        AgeFilter age => new ItemAgeFilter(age),
        PastFilter => new AnyItem(),
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, null),
    };

    /// <summary>Whether an item may be shown; one that the catalogue does not hold is null.</summary>
    internal abstract bool Passes(CatalogueItem? item, in FilterInputs inputs);

    /// <summary>The values of an attribute, of the provider or of the kind; empty where nothing is known.</summary>
    private protected static ReadOnlySpan<string> ValuesOf(CatalogueItem? item, string attribute, ref string? single)
    {
        switch (item, attribute)
        {
            case (null, _):
                return [];
            case (_, "provider"):
                single = item.Provider;
                break;
            case (_, "kind"):
                single = item.Kind;
                break;
            default:
                return item.Attributes.TryGetValue(attribute, out ImmutableArray<string> values) ? values.AsSpan() : [];
        }

        return single is null ? [] : new ReadOnlySpan<string>(ref single);
    }

    private sealed class ItemValueFilter(ValueFilter filter) : ItemFilter
    {
        private readonly FrozenSet<string> _values = filter.Values.ToFrozenSet(StringComparer.Ordinal);

        internal override bool Passes(CatalogueItem? item, in FilterInputs inputs)
        {
            string? single = null;
            foreach (string value in ValuesOf(item, filter.Attribute, ref single))
            {
                if (_values.Contains(value)) return !filter.Without;
            }

            return filter.Without;
        }
    }

    private sealed class ItemContextFilter(ContextFilter filter) : ItemFilter
    {
        internal override bool Passes(CatalogueItem? item, in FilterInputs inputs)
        {
            string? single = null;
            return inputs.Context.TryGetValue(filter.Context, out string? wanted) ? ValuesOf(item, filter.Attribute, ref single).Contains(wanted) : filter.OrAny;
        }
    }

    private sealed class ItemNumberFilter(NumberFilter filter) : ItemFilter
    {
        internal override bool Passes(CatalogueItem? item, in FilterInputs inputs)
        {
            string? single = null;
            return ValuesOf(item, filter.Attribute, ref single) is [var first, ..]
                && NumberText.Parse(first) is { } number
                && !(number < filter.AtLeast) && !(number > filter.AtMost);
        }
    }

    private sealed class ItemAgeFilter(AgeFilter filter) : ItemFilter
    {
        internal override bool Passes(CatalogueItem? item, in FilterInputs inputs) => item is not null && inputs.Now - item.Born <= filter.Age;
    }

    /// <summary>What only depends on the person was left out before.</summary>
    private sealed class AnyItem : ItemFilter
    {
        internal override bool Passes(CatalogueItem? item, in FilterInputs inputs) => true;
    }
}
