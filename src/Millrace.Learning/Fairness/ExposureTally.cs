using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Intervals;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Learning.Fairness;

/// <summary>
/// How much attention groups of items (providers, values of an attribute) get for their worth, over lists that pass by once. Exposure of a place is how likely it is looked at: DCG's discount, or a curve that
/// was measured. Fed by what a decision weighed and showed, so the same tally serves offline and from facts. Memory is a few numbers per group and replicate.
/// </summary>
internal sealed class ExposureTally
{
    private readonly ulong _seed;
    private readonly double[] _counts;
    private readonly Func<int, double> _examination;
    private readonly ImmutableArray<string> _groups;
    private readonly Sums[] _sums;
    private double _lists;

    /// <param name="groups">Their names; a candidate's group is a place in them.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="examination">Of a 0-based rank; null for 1/log₂(rank + 2).</param>
    /// <param name="replicates">Of the bootstrap, beside the data itself.</param>
    public ExposureTally(ImmutableArray<string> groups, ulong seed, Func<int, double>? examination = null, int replicates = 200)
    {
        (_groups, _seed, _counts) = (groups, seed, new double[replicates + 1]);
        _examination = examination ?? RankedList.Discount;
        _sums = [.. groups.Select(_ => new Sums(_counts.Length))];
    }

    /// <summary>Adds one list.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="candidates">All that could have been shown, in any order.</param>
    public void Add(ulong person, ReadOnlySpan<ExposedItem> candidates)
    {
        PersonBootstrap.Draw(_seed, person, _counts);
        _lists++;
        foreach (var candidate in candidates)
        {
            var exposure = candidate.Rank > 0 ? _examination(candidate.Rank - 1) : 0;
            _sums[candidate.Group].Add(_counts, exposure, candidate.Merit, candidate.Clicked ? 1 : 0);
        }
    }

    /// <summary>The group's share of all exposure.</summary>
    public Estimate Share(string group) => Of(b => At(group).Exposure[b] / _sums.Sum(sums => sums.Exposure[b]));

    /// <summary>The group's exposure per candidate by the other's (demographic parity of exposure; Singh and Joachims, KDD 2018): 1 where both are seen alike.</summary>
    public Estimate Parity(string group, string other) => Ratio(group, other, (sums, b) => sums.Exposure[b] / sums.Items[b]);

    /// <summary>Disparate treatment ratio (ibid.): exposure per candidate over mean merit, the group's by the other's; 1 where exposure follows merit.</summary>
    public Estimate TreatmentRatio(string group, string other) => Ratio(group, other, (sums, b) => sums.Exposure[b] / sums.Merit[b]);

    /// <summary>Disparate impact ratio (ibid.): clicks per candidate over mean merit, the group's by the other's; 1 where clicks follow merit.</summary>
    public Estimate ImpactRatio(string group, string other) => Ratio(group, other, (sums, b) => sums.Clicks[b] / sums.Merit[b]);

    /// <summary>Clicks per unit of exposure: what people make of the group where they see it.</summary>
    public Estimate ClicksPerExposure(string group) => Of(b => At(group).Clicks[b] / At(group).Exposure[b]);

    private Estimate Ratio(string group, string other, Func<Sums, int, double> value) => Of(b => value(At(group), b) / value(At(other), b));

    private Estimate Of(Func<int, double> value) => Estimate.Of([.. Enumerable.Range(0, _counts.Length).Select(value)], _lists);

    private Sums At(string group) => _groups.IndexOf(group) is >= 0 and var place ? _sums[place] : throw new KeyNotFoundException($"There is no group '{group}'.");

    /// <summary>Of one group, by replicate. Means per candidate are sums by <see cref="Items"/>, which falls out of ratios of two of them.</summary>
    private sealed class Sums(int replicates)
    {
        public double[] Items { get; } = new double[replicates];

        public double[] Exposure { get; } = new double[replicates];

        public double[] Merit { get; } = new double[replicates];

        public double[] Clicks { get; } = new double[replicates];

        public void Add(ReadOnlySpan<double> counts, double exposure, double merit, double clicks)
        {
            for (var b = 0; b < Items.Length; b++)
            {
                Items[b] += counts[b];
                Exposure[b] += counts[b] * exposure;
                Merit[b] += counts[b] * merit;
                Clicks[b] += counts[b] * clicks;
            }
        }
    }
}

/// <summary>A candidate of one list.</summary>
/// <param name="Group">Place of its group.</param>
/// <param name="Rank">Its 1-based rank; 0 when it was not shown.</param>
/// <param name="Merit">What it was worth to the person: true or predicted relevance; 1 where all are taken to be alike.</param>
/// <param name="Clicked">Whether it was clicked.</param>
internal readonly record struct ExposedItem(int Group, int Rank, double Merit, bool Clicked);
