using Millrace.Features.Numerics;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// Judges a policy by recorded decisions in two walks over them: the first learns what comes of items at places and all below, cross-fitted by person, for Cascade-DR; the second asks what the policy would have done.
/// </summary>
/// <param name="probe">Holds the record that is looked at.</param>
/// <param name="options">How estimates are made.</param>
internal sealed class ProbedEvaluation(IPolicyProbe probe, EstimationOptions options)
{
    private const int Folds = 5;

    private readonly TabularModel _model = new(Folds);
    private readonly SlateEstimators _estimators = new(options);

    /// <summary>The first walk: takes what came of the record.</summary>
    /// <param name="person">Whose it was.</param>
    /// <param name="rewards">By place.</param>
    public void Learn(ulong person, ReadOnlySpan<double> rewards)
    {
        var after = 0.0;
        for (var place = rewards.Length - 1; place >= 0; place--)
        {
            after += rewards[place];
            if (probe.Items[place] is { } item)
            {
                _model.Add(person, Cell(place, item), after);
            }
        }
    }

    /// <summary>The second walk: takes what the policy would have done with the record.</summary>
    /// <inheritdoc cref="Learn"/>
    public void Judge(ulong person, ReadOnlySpan<double> rewards)
    {
        var places = rewards.Length;
        var candidates = probe.Candidates;
        Span<double> targets = new double[places];
        Span<double> supported = new double[places];
        Span<double> model = new double[places];
        Span<double> direct = new double[places];
        var would = probe.Ask(probe.Weights.AsSpan(), targets, supported);
        for (var place = 0; place < places; place++)
        {
            // An empty place brings nothing; how likely it is to be left empty stands in the ratio.
            model[place] = probe.Items[place] is { } placed ? _model.Word(person, Cell(place, placed)) : 0;
            for (var i = 0; i < candidates.Length; i++)
            {
                if (would[(place * candidates.Length) + i] is not 0 and var probability)
                {
                    direct[place] += probability * _model.Word(person, Cell(place, candidates[i]));
                }
            }
        }

        _estimators.Add(new LoggedSlate
        {
            Person = person, Propensities = probe.Logged, Targets = targets, Rewards = rewards, Model = model, Direct = direct, Supported = supported,
        });
    }

    /// <summary>What the records say. How far they know the policy goes by the weights of what outcomes depend on when people read from the top.</summary>
    /// <param name="gates">What it must reach.</param>
    /// <param name="bounds">From where on the log is said to know it.</param>
    /// <param name="leftOut">Decisions that should have been used and could not.</param>
    public Evaluation Evaluate(IEnumerable<EvaluationGate> gates, OverlapBounds bounds, long leftOut = 0) =>
        Evaluation.Of(Overlap.Of(_estimators.PrefixWeights) with { LeftOut = leftOut / (double)Math.Max(1, leftOut + _estimators.PrefixWeights.Count) }, _estimators.Estimates(), _estimators.Logged, gates, bounds);

    private static ulong Cell(int place, string item) => StableHash.Of(item, (ulong)place);
}
