using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>A policy's filters in their order, bound to its features. Immutable; any thread asks. What a person had with an item is asked beforehand: see <see cref="Pasts"/>.</summary>
internal sealed class CandidateFilters
{
    private readonly ItemFilter[] _filters;

    internal CandidateFilters(Policy policy, FeatureSet features)
    {
        Policy = policy.Filters;
        Name = policy.Name;
        Settings = [.. policy.Filters.Select(static (_, i) => $"filters[{i}]")];
        _filters = [.. policy.Filters.Select(ItemFilter.Of)];
        Pasts = [.. policy.Filters.Index().Where(filter => filter.Item is PastFilter).Select(filter => new PastSection(filter.Index, ((PastFilter)filter.Item).Past, features))];
    }

    /// <summary>The filters as the policy has them.</summary>
    internal ImmutableArray<CandidateFilter> Policy { get; }

    /// <summary>The policy's name.</summary>
    internal string Name { get; }

    /// <summary>The setting of each filter, from the policy on.</summary>
    internal ImmutableArray<string> Settings { get; }

    /// <summary>The histories whose items are left out.</summary>
    internal ImmutableArray<PastSection> Pasts { get; }

    internal int Count => _filters.Length;

    /// <summary>The first filter that an item does not pass; −1 when it passes all. What a person had with an item is not asked here: those are excluded before.</summary>
    /// <param name="item">The catalogue's item; null for one that it does not hold.</param>
    /// <param name="inputs">The request.</param>
    internal int FirstFailed(CatalogueItem? item, in FilterInputs inputs)
    {
        for (int i = 0; i < _filters.Length; i++)
        {
            if (!_filters[i].Passes(item, inputs)) return i;
        }

        return -1;
    }
}

/// <summary>A history of a person, whose items a filter leaves out.</summary>
internal sealed class PastSection
{
    internal PastSection(int filter, string name, FeatureSet features)
    {
        var feature = (PastFeature)features.Definitions[features.IndexOf(name)];
        Filter = filter;
        Section = (feature.Of.Person(), features.Persons.IndexOf(feature.Sections[0]));
        Window = feature.Window;
    }

    /// <summary>The index of the filter.</summary>
    internal int Filter { get; }

    internal (Features.Online.PersonEntity Of, int Index) Section { get; }

    internal TimeSpan Window { get; }
}
