using System.Collections.Immutable;
using Millrace.Decisions.Ranking;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Candidates;

/// <summary>Where a policy's candidates come from, bound to its features: made once, immutable, for any thread.</summary>
internal sealed class CandidatePlan
{
    /// <param name="policy">Without faults.</param>
    /// <param name="features">What its sources read.</param>
    /// <param name="shelf">The model of its first phase; null where it has none.</param>
    /// <exception cref="ModelMissingException">That is not on the shelf.</exception>
    /// <exception cref="ForestException">That is not what the policy takes it for.</exception>
    internal CandidatePlan(Policy policy, FeatureSet features, IModelShelf? shelf = null)
    {
        FirstPhase = policy.FirstPhase is null ? null : new FirstPhasePlan(policy, shelf ?? MemoryModelShelf.Empty);
        // In a wide pool a list without a weight has no say in who is in it; where none has one, all have the same, for ids must not choose.
        double unweighted = policy.Candidates.Any(static source => source.Weight is not null) ? 0 : 1;
        Sources = [.. policy.Candidates.Where(CandidateSource.HasList).Select(source => new PlannedSource(source, Bind(source, features), FirstPhase is null ? null : unweighted))];
        Filters = new CandidateFilters(policy, features);
        Pool = policy.Pool;
        Boosts = policy.Boosts;
    }

    private CandidatePlan(CandidatePlan from, CandidateFilters filters) =>
        (Sources, FirstPhase, Filters, Pool, Boosts) = (from.Sources, from.FirstPhase, filters, from.Pool, from.Boosts);

    /// <param name="sources">In place of the policy's.</param>
    /// <param name="filters">The filters.</param>
    /// <param name="pool">The policy's pool.</param>
    internal CandidatePlan(ImmutableArray<PlannedSource> sources, CandidateFilters filters, int? pool) => (Sources, Filters, Pool) = (sources, filters, pool);

    /// <summary>In the policy's order.</summary>
    internal ImmutableArray<PlannedSource> Sources { get; }

    internal CandidateFilters Filters { get; }

    /// <inheritdoc cref="Policy.Pool"/>
    internal int? Pool { get; }

    /// <summary>What keeps the best of a wide pool; null where the sources fill the pool themselves.</summary>
    internal FirstPhasePlan? FirstPhase { get; }

    /// <inheritdoc cref="Policy.Boosts"/>
    internal ImmutableArray<string> Boosts { get; } = [];

    /// <summary>The same with the filters of another policy, which is alike but for those.</summary>
    internal CandidatePlan Filtered(Policy policy, FeatureSet features) => new(this, new CandidateFilters(policy, features));

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
/// <param name="Settings">What it says.</param>
/// <param name="Source">The source.</param>
/// <param name="Unweighted">What it weighs in a wide pool when the policy does not say; null where no wide pool is filled.</param>
internal sealed record PlannedSource(CandidateSource Settings, ICandidateSource Source, double? Unweighted = null)
{
    /// <summary>What each place in its list is worth, first to last, where lists are fused; else empty.</summary>
    internal double[] Points { get; } = (Settings.Weight ?? Unweighted) is { } weight ? RankPoints.Of(weight, Settings.Take) : [];

    /// <summary>The same unweighted, where a first phase reads it; else empty.</summary>
    internal float[] Values { get; } = Unweighted is not null ? [.. RankPoints.Of(1, Settings.Take).Select(static value => (float)value)] : [];
}
