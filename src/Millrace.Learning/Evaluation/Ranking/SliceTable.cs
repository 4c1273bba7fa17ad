using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.Ranking;

/// <summary>
/// Means of several metrics over lists, in all and by slice (an attribute with a value: <c>device=mobile</c>), with intervals by persons. Memory is bounded by the number of slices: beyond
/// <see cref="Most"/> values, what is new goes to <see cref="Others"/> of its attribute.
/// </summary>
/// <param name="metrics">Their names, in the order of the values.</param>
/// <param name="seed">Of the draws.</param>
/// <param name="replicates">Of the bootstrap, beside the data itself.</param>
internal sealed class SliceTable(ImmutableArray<string> metrics, ulong seed, int replicates = 200)
{
    /// <summary>The most slices that are told apart.</summary>
    internal const int Most = 1_000;

    /// <summary>The value under which slices beyond <see cref="Most"/> are told.</summary>
    internal const string Others = "(others)";

    private static readonly Slice Everything = new("", "");

    private readonly double[] _counts = new double[replicates + 1];
    private readonly SortedDictionary<Slice, ClusteredRatio[]> _slices = [];
    private readonly ClusteredRatio[] _all = Empty(metrics.Length, replicates);

    /// <summary>Adds one list.</summary>
    /// <param name="person">Whose it was.</param>
    /// <param name="slices">What it belongs to; an attribute may have several values.</param>
    /// <param name="values">By metric; NaN where the list says nothing of it.</param>
    public void Add(ulong person, IEnumerable<Slice> slices, ReadOnlySpan<double> values)
    {
        PersonBootstrap.Draw(seed, person, _counts);
        Add(_all, values);
        foreach (var slice in slices)
        {
            Add(Of(slice), values);
        }
    }

    /// <summary>A metric over all lists.</summary>
    public ClusteredRatio All(string metric) => _all[Place(metric)];

    /// <summary>A metric of one slice.</summary>
    /// <exception cref="KeyNotFoundException">No list belonged to it.</exception>
    public ClusteredRatio In(Slice slice, string metric) => _slices[slice][Place(metric)];

    /// <summary>Every slice and metric, in order; the first rows are those of all lists. A difference is the slice less the other's same slice.</summary>
    /// <param name="other">A table fed with the same lists by another model, with the same seed; null for none.</param>
    public IEnumerable<SliceRow> Rows(SliceTable? other = null)
    {
        foreach (var (slice, ratios) in _slices.Select(pair => (pair.Key, pair.Value)).Prepend((Everything, _all)))
        {
            for (var m = 0; m < ratios.Length; m++)
            {
                var beside = other is null ? null : slice == Everything ? other._all : other._slices.GetValueOrDefault(slice);
                yield return new SliceRow(slice, metrics[m], ratios[m].Estimate(), beside is null ? null : ratios[m].Minus(beside[m]));
            }
        }
    }

    /// <summary>The largest less the smallest value of a metric among the values of an attribute: 0 where groups fare alike. An interval of a range lies above 0 by noise alone; see docs/FAIRNESS.md.</summary>
    /// <returns>The gap; its support is that of the smallest group.</returns>
    public Estimate Gap(string attribute, string metric)
    {
        var place = Place(metric);
        ClusteredRatio[] groups = [.. _slices.Where(pair => pair.Key.Attribute == attribute).Select(pair => pair.Value[place])];
        if (groups.Length == 0)
        {
            throw new KeyNotFoundException($"No list belonged to a value of '{attribute}'.");
        }

        double[][] values = [.. groups.Select(group => group.Values())];
        var gaps = new double[_counts.Length];
        for (var b = 0; b < gaps.Length; b++)
        {
            gaps[b] = values.Max(group => group[b]) - values.Min(group => group[b]);
        }

        return Estimate.Of(gaps, groups.Min(group => group.Support));
    }

    private void Add(ClusteredRatio[] ratios, ReadOnlySpan<double> values)
    {
        for (var m = 0; m < ratios.Length; m++)
        {
            if (!double.IsNaN(values[m]))
            {
                ratios[m].Add(_counts, values[m]);
            }
        }
    }

    private ClusteredRatio[] Of(Slice slice)
    {
        if (_slices.TryGetValue(slice, out var known))
        {
            return known;
        }

        if (_slices.Count >= Most && slice.Value != Others)
        {
            return Of(slice with { Value = Others });
        }

        return _slices[slice] = Empty(metrics.Length, replicates);
    }

    private int Place(string metric) => metrics.IndexOf(metric) is >= 0 and var place ? place : throw new KeyNotFoundException($"There is no metric '{metric}'.");

    private static ClusteredRatio[] Empty(int count, int replicates) => [.. Enumerable.Range(0, count).Select(_ => new ClusteredRatio(replicates + 1))];
}

/// <summary>A part of the lists: those whose attribute has the value.</summary>
internal readonly record struct Slice(string Attribute, string Value) : IComparable<Slice>
{
    public int CompareTo(Slice other) =>
        string.CompareOrdinal(Attribute, other.Attribute) is not 0 and var order ? order : string.CompareOrdinal(Value, other.Value);
}

/// <summary>A metric of one slice.</summary>
/// <param name="Slice">Which; of no attribute where it is all lists.</param>
/// <param name="Metric">Its name.</param>
/// <param name="Estimate">Its mean over the lists of which it is defined; their number is its support.</param>
/// <param name="Difference">From the other model, paired by person; null without one.</param>
internal readonly record struct SliceRow(Slice Slice, string Metric, Estimate Estimate, Estimate? Difference);
