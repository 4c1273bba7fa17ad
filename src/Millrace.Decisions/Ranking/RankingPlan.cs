using System.Collections.Immutable;
using Millrace.Models.Policies;
using Millrace.Models.Posteriors;
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
    private readonly int _trials;
    private readonly int _draws;

    private RankingPlan(Policy policy, IModelShelf shelf)
    {
        Columns = PolicyReading.Features(policy);
        Terms = PolicyReading.Terms(policy);
        Model = ModelDigest.Brief(PolicyReading.Models(policy));
        var forests = ForestOutputs.Of(policy, shelf);
        _forests = forests.Scorer(Columns);
        _transformed = forests.Transformed;
        int own = _forests?.Outputs ?? 0;
        var objectives = PolicyReading.ObjectivesOf(policy);
        _heads =
        [
            .. PolicyReading.HeadsOf(policy).Select(pair => new PlannedHead(
                pair.Key,
                pair.Value is ForestHead forest ? forests.PlaceOf(forest) : own++,
                Formula(pair.Key, pair.Value, Columns, shelf),
                pair.Value is ExternalHead external ? Terms.BinarySearch(external.Term, StringComparer.Ordinal) : -1)),
        ];
        _weights = [.. _heads.Select(head => objectives.GetValueOrDefault(head.Name))];
        _trials = policy.Explore.New is { } fresh ? Columns.BinarySearch(fresh.Trials, StringComparer.Ordinal) : -1;
        _draws = DrawsOf(policy);
        _blocks = own;
        _thresholds = ThresholdsOf(policy, _heads);
    }

    private RankingPlan(RankingPlan heads, Policy policy)
    {
        (Columns, Model, _forests, _transformed, _heads, _weights) = (heads.Columns, heads.Model, heads._forests, heads._transformed, heads._heads, heads._weights);
        (Terms, _blocks, _trials) = (heads.Terms, heads._blocks, heads._trials);
        _draws = DrawsOf(policy);
        _thresholds = ThresholdsOf(policy, _heads);
    }

    /// <summary>For rungs that score nothing.</summary>
    internal static RankingPlan None { get; } = Compile(new Policy { Name = "" }, MemoryModelShelf.Empty);

    /// <summary>The features that it reads, in ordinal order: the columns of the matrix, and of a record's.</summary>
    internal ImmutableArray<string> Columns { get; }

    /// <summary>The terms from outside that it reads, in ordinal order.</summary>
    internal ImmutableArray<string> Terms { get; }

    /// <summary>The models as records name them; null where there are none.</summary>
    internal string? Model { get; }

    /// <summary>The heads by name, with what a unit of each is worth and which block of <see cref="RankBuffers.Heads"/> has its values.</summary>
    internal IEnumerable<(string Name, double Weight, int Place)> Heads => _heads.Select((head, i) => (head.Name, _weights[i], head.Place));

    /// <summary>Whether candidates beyond some value of a head are left out.</summary>
    internal bool HasThresholds => !_thresholds.IsEmpty;

    /// <summary>Compiles a policy without faults.</summary>
    /// <exception cref="ModelMissingException">A model is not on the shelf.</exception>
    /// <exception cref="ForestException">A model is not what its head takes it for.</exception>
    internal static RankingPlan Compile(Policy policy, IModelShelf shelf) => new(policy, shelf);

    /// <summary>The same heads under a policy that differs in its slates alone: in thresholds, rules, or how it explores.</summary>
    internal RankingPlan Under(Policy policy) => new(this, policy);

    /// <summary>What one unit of each head is worth, in the order of <see cref="Heads"/>.</summary>
    internal ImmutableArray<double> Weights => _weights;

    /// <summary>What each candidate is worth: Σ weight × head in ordinal order of the heads' names.</summary>
    /// <param name="matrix">Row-major, <see cref="Columns"/> values per candidate; NaN is missing.</param>
    /// <param name="buffers">Working memory; the heads' values stay in it until the next call.</param>
    /// <param name="utility">One per candidate; the least of all doubles where it is no finite number, so that it comes last.</param>
    /// <param name="terms">What <see cref="Terms"/> say: a column of candidates for each, one after the other; NaN is missing.</param>
    internal void Score(ReadOnlySpan<float> matrix, RankBuffers buffers, Span<double> utility, ReadOnlySpan<float> terms = default)
    {
        Predict(matrix, buffers, utility.Length, terms);
        Combine(_weights.AsSpan(), buffers, utility);
    }

    /// <summary>The heads' values, into <paramref name="buffers"/>.</summary>
    internal void Predict(ReadOnlySpan<float> matrix, RankBuffers buffers, int count, ReadOnlySpan<float> terms = default)
    {
        Span<double> values = RankBuffers.Of(ref buffers.Heads, _blocks * count);
        if (_forests is not null) ScoreForests(matrix, count, values, buffers.Forests);
        foreach (PlannedHead head in _heads)
        {
            Span<double> own = values.Slice(head.Place * count, count);
            head.Formula?.Fill(matrix, Columns.Length, own);
            if (head.Term >= 0) Widen(terms.Slice(head.Term * count, count), own);
        }
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

        PutLast(utility);
    }

    /// <summary>
    /// What each candidate is worth under each of the policy's draws of the heads' posteriors, draw by draw; a head without one keeps the value of the last <see cref="Score"/>,
    /// which was of the same matrix. Empty where the rule draws none, or no head that counts has a posterior.
    /// </summary>
    /// <param name="matrix">As <see cref="Score"/> had it.</param>
    /// <param name="buffers">Working memory; the answer stays in it until the next call.</param>
    /// <param name="seed">The decision's.</param>
    /// <param name="count">Candidates.</param>
    internal Span<double> Draw(ReadOnlySpan<float> matrix, RankBuffers buffers, ulong seed, int count) => Draw(_weights.AsSpan(), matrix, buffers, seed, count);

    /// <summary>The same under other <paramref name="weights"/>, in the order of <see cref="Heads"/>.</summary>
    internal Span<double> Draw(ReadOnlySpan<double> weights, ReadOnlySpan<float> matrix, RankBuffers buffers, ulong seed, int count)
    {
        if (!HasDraws(weights)) return [];
        Span<double> draws = RankBuffers.Of(ref buffers.Draws, _draws * count);
        Span<double> drawn = RankBuffers.Of(ref buffers.Drawn, count);
        for (int draw = 0; draw < _draws; draw++)
        {
            Span<double> utility = draws.Slice(draw * count, count);
            utility.Clear();
            for (int head = 0; head < _heads.Length; head++)
            {
                PlannedHead planned = _heads[head];
                double weight = weights[head];
                if (weight == 0) continue;
                ReadOnlySpan<double> own = buffers.Heads.AsSpan(planned.Place * count, count);
                if (planned.Formula is PosteriorFormula posterior)
                {
                    posterior.Draw(matrix, Columns.Length, seed, (head * _draws) + draw, drawn);
                    own = drawn;
                }

                for (int i = 0; i < count; i++) utility[i] += weight * own[i];
            }

            PutLast(utility);
        }

        return draws;
    }

    /// <summary>How often each candidate was tried; empty where the policy keeps no new items.</summary>
    internal ReadOnlySpan<float> Trials(ReadOnlySpan<float> matrix, RankBuffers buffers, int count)
    {
        if (_trials < 0) return [];
        Span<float> trials = RankBuffers.Of(ref buffers.Trials, count);
        for (int i = 0; i < count; i++) trials[i] = matrix[(i * Columns.Length) + _trials];
        return trials;
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

    private static int DrawsOf(Policy policy) => policy.Explore.Method == ExplorationMethod.Thompson ? policy.Explore.Draws : 0;

    private static ImmutableArray<PlannedThreshold> ThresholdsOf(Policy policy, ImmutableArray<PlannedHead> heads) =>
    [
        .. policy.Thresholds.Select(pair => new PlannedThreshold(
            heads.Single(head => head.Name == pair.Key).Place, pair.Value.AtLeast ?? double.NegativeInfinity, pair.Value.AtMost ?? double.PositiveInfinity)),
    ];

    private bool HasDraws(ReadOnlySpan<double> weights)
    {
        if (_draws == 0) return false;
        for (int head = 0; head < _heads.Length; head++)
        {
            if (weights[head] != 0 && _heads[head].Formula is PosteriorFormula) return true;
        }

        return false;
    }

    private void ScoreForests(ReadOnlySpan<float> matrix, int count, Span<double> values, ForestScratch scratch)
    {
        _forests!.Raw(matrix, count, values[..(_forests.Outputs * count)], scratch);
        foreach (int forest in _transformed) _forests.Transform(forest, values.Slice(_forests.PlaceOf(forest) * count, _forests.ClassesOf(forest) * count), count);
    }

    /// <summary>A term as it is; 0 where it is missing.</summary>
    private static void Widen(ReadOnlySpan<float> term, Span<double> values)
    {
        for (int i = 0; i < term.Length; i++) values[i] = float.IsFinite(term[i]) ? term[i] : 0;
    }

    /// <summary>What is no finite number is the least of all.</summary>
    private static void PutLast(Span<double> utility)
    {
        foreach (ref double sum in utility)
        {
            if (!double.IsFinite(sum)) sum = double.MinValue;
        }
    }

    private static HeadFormula? Formula(string name, Head head, ImmutableArray<string> columns, IModelShelf shelf) => head switch
    {
        BlendHead blend => new BlendFormula([.. blend.Weights.Select(pair => (columns.BinarySearch(pair.Key, StringComparer.Ordinal), pair.Value))]),
        FeatureHead feature => new FeatureFormula(columns.BinarySearch(feature.Feature, StringComparer.Ordinal)),
        BetaHead beta => new BetaFormula(
            columns.BinarySearch(beta.Successes, StringComparer.Ordinal), columns.BinarySearch(beta.Trials, StringComparer.Ordinal), beta.PriorSuccesses, beta.PriorTrials),
        LinearHead linear => Linear(name, linear, columns, shelf),
        _ => null,
    };

    private static LinearFormula Linear(string name, LinearHead head, ImmutableArray<string> columns, IModelShelf shelf)
    {
        LinearPosterior posterior = shelf.Linear(head.Digest) ?? throw new ModelMissingException($"heads.{name}.linear: expected a model that is at hand; got {head.Digest}, which is not");
        return new LinearFormula(posterior, [.. posterior.Features.Select(feature => columns.BinarySearch(feature, StringComparer.Ordinal))]);
    }

    /// <param name="Name">The head's.</param>
    /// <param name="Place">Which block of values is its own.</param>
    /// <param name="Formula">Null for a forest, whose scorer fills the block, and for a term.</param>
    /// <param name="Term">Which of the terms it is; −1 for none.</param>
    private sealed record PlannedHead(string Name, int Place, HeadFormula? Formula, int Term);

    private readonly record struct PlannedThreshold(int Place, double AtLeast, double AtMost);
}
