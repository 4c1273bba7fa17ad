using System.Collections.Immutable;
using Millrace.Decisions.Ranking;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Candidates;

/// <summary>A policy's first phase, compiled: immutable, for any thread.</summary>
internal sealed class FirstPhasePlan
{
    // In place of a list's number. A list that the policy does not have is missing.
    private const int NoList = -1;
    private const int PointsColumn = -2;
    private const int ListsColumn = -3;

    private readonly ImmutableArray<int> _lists;
    private readonly BlendFormula? _blend;
    private readonly BlendFormula? _base;
    private readonly ForestScorer? _forest;

    private FirstPhasePlan(FirstPhase phase, Policy policy, ImmutableArray<string> columns)
    {
        From = phase.From;
        Columns = columns;
        Features = [.. columns.Where(static name => !FirstPhase.IsOfLists(name))];
        string[] sources = [.. policy.Candidates.Where(CandidateSource.HasList).Select(FirstPhase.NameOf)];
        _lists =
        [
            .. columns.Where(FirstPhase.IsOfLists).Select(name => name switch
            {
                FirstPhase.Points => PointsColumn,
                FirstPhase.Lists => ListsColumn,
                _ => Array.IndexOf(sources, name),
            }),
        ];
    }

    /// <param name="policy">Without faults, and with a first phase.</param>
    /// <param name="shelf">Its model.</param>
    /// <exception cref="ModelMissingException">The model is not on the shelf.</exception>
    /// <exception cref="ForestException">The model has several scores, or is not what the policy takes it for.</exception>
    internal FirstPhasePlan(Policy policy, IModelShelf shelf)
        : this(policy.FirstPhase!, policy, InOrder(policy.FirstPhase!.Reads))
    {
        switch (policy.FirstPhase!.Head)
        {
            case ForestHead head:
                Forest forest = shelf.Forest(head.Digest) ?? throw new ModelMissingException($"firstPhase.forest: expected a model that is at hand; got {head.Digest}, which is not");
                if (forest.Classes != 1) throw new ForestException($"firstPhase.forest: expected a model of one score; got one of {forest.Classes}");
                _forest = new ForestScorer([forest], Columns);
                break;
            case BlendHead blend:
                _blend = Formula(blend);
                break;
        }

        _base = policy.FirstPhase.Base is { } added ? Formula(added) : null;
    }

    /// <summary>What of a policy's wide pool could be read: all that its lists say, and <paramref name="features"/>. It has no score.</summary>
    internal static FirstPhasePlan OfAll(Policy policy, IEnumerable<string> features) =>
        new(policy.FirstPhase ?? new FirstPhase(new BlendHead(policy.Blend)), policy, InOrder([.. policy.Candidates.Where(CandidateSource.HasList).Select(FirstPhase.NameOf), FirstPhase.Points, FirstPhase.Lists, .. features]));

    /// <summary>The most that the wide pool holds.</summary>
    internal int From { get; }

    /// <summary>What it reads: first what the lists say, then <see cref="Features"/>.</summary>
    internal ImmutableArray<string> Columns { get; }

    /// <summary>The features of items that it reads.</summary>
    internal ImmutableArray<string> Features { get; }

    /// <summary>Writes what the lists say of an item.</summary>
    /// <param name="values">What its places are worth, list by list.</param>
    /// <param name="points">Their weighted sum.</param>
    /// <param name="row">As many as there are columns of lists.</param>
    internal void Fill(ReadOnlySpan<float> values, double points, Span<float> row)
    {
        for (int i = 0; i < _lists.Length; i++)
        {
            row[i] = _lists[i] switch
            {
                PointsColumn => (float)points,
                ListsColumn => In(values),
                NoList => float.NaN,
                var list => values[list],
            };
        }
    }

    /// <summary>Scores rows of <see cref="Columns"/>; what is no finite number is the least of all.</summary>
    internal void Score(ReadOnlySpan<float> rows, Span<double> scores, ForestScratch scratch)
    {
        if (_forest is { } forest) forest.Raw(rows, scores.Length, scores, scratch);
        else _blend!.Fill(rows, Columns.Length, scores);
        if (_base is { } added) AddTo(scores, added, rows);
        foreach (ref double score in scores)
        {
            if (!double.IsFinite(score)) score = double.MinValue;
        }
    }

    private void AddTo(Span<double> scores, BlendFormula added, ReadOnlySpan<float> rows)
    {
        Span<double> one = stackalloc double[1];
        for (int i = 0; i < scores.Length; i++)
        {
            added.Fill(rows.Slice(i * Columns.Length, Columns.Length), Columns.Length, one);
            scores[i] += one[0];
        }
    }

    private BlendFormula Formula(BlendHead blend) => new([.. blend.Weights.Select(pair => (Columns.IndexOf(pair.Key), pair.Value))]);

    private static int In(ReadOnlySpan<float> values)
    {
        int lists = 0;
        foreach (float value in values) lists += float.IsNaN(value) ? 0 : 1;
        return lists;
    }

    private static ImmutableArray<string> InOrder(ImmutableArray<string> names) =>
        [.. names.Distinct(StringComparer.Ordinal).OrderBy(static name => !FirstPhase.IsOfLists(name)).ThenBy(static name => name, StringComparer.Ordinal)];
}
