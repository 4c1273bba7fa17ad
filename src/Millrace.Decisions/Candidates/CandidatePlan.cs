using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>Where a policy's candidates come from, bound to its features: made once, immutable, for any thread.</summary>
internal sealed class CandidatePlan
{
    internal CandidatePlan(Policy policy, FeatureSet features)
    {
        Sources = [.. policy.Candidates.Where(source => IsSource(source.Kind)).Select(source => new PlannedSource(source, Bind(source, features)))];
        Filters = new CandidateFilters(policy, features);
        Pool = policy.Pool;
        Boosts = policy.Boosts;
    }

    /// <param name="sources">In place of the policy's.</param>
    /// <param name="filters">The filters.</param>
    /// <param name="pool">The policy's pool.</param>
    internal CandidatePlan(ImmutableArray<PlannedSource> sources, CandidateFilters filters, int? pool) => (Sources, Filters, Pool) = (sources, filters, pool);

    /// <summary>In the policy's order.</summary>
    internal ImmutableArray<PlannedSource> Sources { get; }

    internal CandidateFilters Filters { get; }

    /// <inheritdoc cref="Policy.Pool"/>
    internal int? Pool { get; }

    /// <inheritdoc cref="Policy.Boosts"/>
    internal ImmutableArray<string> Boosts { get; } = [];

    // The request's list and pins are no lists to look into: they are there whether the policy names them or not.
    private static bool IsSource(CandidateSourceKind kind) => kind is not (CandidateSourceKind.Request or CandidateSourceKind.Pinned or CandidateSourceKind.Boosted);

    private static ICandidateSource Bind(CandidateSource source, FeatureSet features) => source.Kind switch
    {
        CandidateSourceKind.Popular when source.Segment => new SegmentSource(source.Window!.Value),
        CandidateSourceKind.Popular => new PopularSource(source.Window!.Value, features),
        CandidateSourceKind.Recent => new RecentSource(),
        CandidateSourceKind.Similar when source.Feature is null => new SimilarSource(),
        CandidateSourceKind.Similar => new PairSource(new BoundPairs(Feature<CooccurrenceFeature>(source, features), features)),
        CandidateSourceKind.Trending => new TrendingSource(source.Window!.Value, features),
        CandidateSourceKind.AlsoLiked => new AlsoLikedSource(new BoundPairs(PairsOf(source, features), features), SectionOf(features.History!, features), source.Window!.Value),
        CandidateSourceKind.Affinity when Feature<AffinityFeature>(source, features) is var affinity =>
            new AffinitySource(affinity, SectionOf(affinity.Sections[0], features), source.Window ?? FeatureSet.GlobalWindow, features),
        CandidateSourceKind.Neighbours when Feature<EmbeddingSimilarityFeature>(source, features) is var similar =>
            new NeighboursSource(similar, SectionOf(similar.Sections[0], features), source.Of),
        CandidateSourceKind.New => new NewSource(source.Window!.Value, source.Feature is null ? null : Feature<FeatureDefinition>(source, features), features),
        _ => throw new ArgumentOutOfRangeException(nameof(source), source.Kind, "no source"),
    };

    private static T Feature<T>(CandidateSource source, FeatureSet features)
        where T : FeatureDefinition => (T)features.Definitions[features.IndexOf(source.Feature!)];

    private static CooccurrenceFeature PairsOf(CandidateSource source, FeatureSet features) =>
        source.Feature is null ? features.SimilarPairs : Feature<CooccurrenceFeature>(source, features);

    private static (PersonEntity Of, int Index) SectionOf(PersonKey key, FeatureSet features) => (key.Of, features.Persons.IndexOf(key));
}

/// <summary>A source with what the policy says of it.</summary>
internal sealed record PlannedSource(CandidateSource Settings, ICandidateSource Source)
{
    /// <summary>What each place in its list is worth, first to last, where lists are fused; else empty.</summary>
    internal double[] Points { get; } = Settings.Weight is { } weight ? RankPoints.Of(weight, Settings.Take) : [];
}
