using System.Collections.Immutable;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Ranking;

/// <summary>
/// A policy's heads compiled for batches of candidates: one matrix of the features that any of them reads, all forests in one pass, then the weighted sum. Immutable; any
/// thread scores, with buffers of its own, and allocates nothing once those have grown.
/// </summary>
internal sealed class RankingPlan
{
    private readonly ForestScorer? _forests;
    private readonly ImmutableArray<int> _transformed;
    private readonly ImmutableArray<PlannedHead> _heads;
    private readonly ImmutableArray<double> _weights;
    private readonly ImmutableArray<PlannedThreshold> _thresholds;
    private readonly int _blocks;

    private RankingPlan(Policy policy, ForestOutputs forests)
    {
        Columns = PolicyReading.Features(policy);
        Model = ModelDigest.Brief(PolicyReading.Models(policy));
        _forests = forests.Scorer(Columns);
        _transformed = forests.Transformed;
        int own = _forests?.Outputs ?? 0;
        var objectives = PolicyReading.ObjectivesOf(policy);
        _heads =
        [
            .. PolicyReading.HeadsOf(policy).Select(pair => new PlannedHead(
                pair.Key,
                pair.Value is ForestHead forest ? forests.PlaceOf(forest) : own++,
                Formula(pair.Value, Columns))),
        ];
        _weights = [.. _heads.Select(head => objectives.GetValueOrDefault(head.Name))];
        _blocks = own;
        _thresholds = [.. policy.Thresholds.Select(pair => new PlannedThreshold(_heads.Single(head => head.Name == pair.Key).Place, pair.Value.AtLeast ?? double.NegativeInfinity, pair.Value.AtMost ?? double.PositiveInfinity))];
    }

    /// <summary>For rungs that score nothing.</summary>
    internal static RankingPlan None { get; } = Compile(new Policy { Name = "" }, MemoryModelShelf.Empty);

    /// <summary>The features that it reads, in ordinal order: the columns of the matrix, and of a record's.</summary>
    internal ImmutableArray<string> Columns { get; }

    /// <summary>The models as records name them; null where there are none.</summary>
    internal string? Model { get; }

    /// <summary>Whether candidates beyond some value of a head are left out.</summary>
    internal bool HasThresholds => !_thresholds.IsEmpty;

    /// <summary>Compiles a policy without faults.</summary>
    /// <exception cref="ModelMissingException">A model is not on the shelf.</exception>
    /// <exception cref="ForestException">A model is not what its head takes it for.</exception>
    internal static RankingPlan Compile(Policy policy, IModelShelf shelf) => new(policy, ForestOutputs.Of(policy, shelf));

    /// <summary>The heads' names, in ordinal order.</summary>
    internal IEnumerable<string> Heads => _heads.Select(static head => head.Name);

    /// <summary>What one unit of each head is worth, in the order of <see cref="Heads"/>.</summary>
    internal ImmutableArray<double> Weights => _weights;

    /// <summary>What each candidate is worth: Σ weight × head in ordinal order of the heads' names.</summary>
    /// <param name="matrix">Row-major, <see cref="Columns"/> values per candidate; NaN is missing.</param>
    /// <param name="buffers">Working memory; the heads' values stay in it until the next call.</param>
    /// <param name="utility">One per candidate; the least of all doubles where it is no finite number, so that it comes last.</param>
    internal void Score(ReadOnlySpan<float> matrix, RankBuffers buffers, Span<double> utility)
    {
        Predict(matrix, buffers, utility.Length);
        Combine(_weights.AsSpan(), buffers, utility);
    }

    /// <summary>The heads' values, into <paramref name="buffers"/>.</summary>
    internal void Predict(ReadOnlySpan<float> matrix, RankBuffers buffers, int count)
    {
        Span<double> values = RankBuffers.Of(ref buffers.Heads, _blocks * count);
        if (_forests is not null) ScoreForests(matrix, count, values, buffers.Forests);
        foreach (PlannedHead head in _heads) head.Formula?.Fill(matrix, Columns.Length, values.Slice(head.Place * count, count));
    }

    /// <summary>The weighted sum of what <see cref="Predict"/> left, by <paramref name="weights"/> in the order of <see cref="Heads"/>.</summary>
    internal void Combine(ReadOnlySpan<double> weights, RankBuffers buffers, Span<double> utility)
    {
        utility.Clear();
        for (int h = 0; h < weights.Length; h++)
        {
            double weight = weights[h];
            if (weight == 0) continue;
            ReadOnlySpan<double> own = Values(buffers, h, utility.Length);
            for (int i = 0; i < own.Length; i++) utility[i] += weight * own[i];
        }

        foreach (ref double sum in utility)
        {
            if (!double.IsFinite(sum)) sum = double.MinValue;
        }
    }

    /// <summary>One head's value of each of so many candidates, by the last <see cref="Predict"/>.</summary>
    internal ReadOnlySpan<double> Values(RankBuffers buffers, int head, int count) => buffers.Heads.AsSpan(_heads[head].Place * count, count);

    /// <summary>Whether a candidate is within all thresholds by the values of the last <see cref="Score"/> of so many candidates; what is no number is not.</summary>
    internal bool Admits(RankBuffers buffers, int candidate, int count)
    {
        foreach (PlannedThreshold threshold in _thresholds)
        {
            double value = buffers.Heads[(threshold.Place * count) + candidate];
            if (!(value >= threshold.AtLeast && value <= threshold.AtMost)) return false;
        }

        return true;
    }

    private void ScoreForests(ReadOnlySpan<float> matrix, int count, Span<double> values, ForestScratch scratch)
    {
        _forests!.Raw(matrix, count, values[..(_forests.Outputs * count)], scratch);
        foreach (int forest in _transformed) _forests.Transform(forest, values.Slice(_forests.PlaceOf(forest) * count, _forests.ClassesOf(forest) * count), count);
    }

    private static HeadFormula? Formula(Head head, ImmutableArray<string> columns) => head switch
    {
        BlendHead blend => new BlendFormula([.. blend.Weights.Select(pair => (columns.BinarySearch(pair.Key, StringComparer.Ordinal), pair.Value))]),
        FeatureHead feature => new FeatureFormula(columns.BinarySearch(feature.Feature, StringComparer.Ordinal)),
        BetaHead beta => new BetaFormula(
            columns.BinarySearch(beta.Successes, StringComparer.Ordinal), columns.BinarySearch(beta.Trials, StringComparer.Ordinal), beta.PriorSuccesses, beta.PriorTrials),
        _ => null,
    };

    /// <param name="Name">The head's.</param>
    /// <param name="Place">Which block of values is its own.</param>
    /// <param name="Formula">Null for a forest, whose scorer fills the block.</param>
    private sealed record PlannedHead(string Name, int Place, HeadFormula? Formula);

    private readonly record struct PlannedThreshold(int Place, double AtLeast, double AtMost);
}
