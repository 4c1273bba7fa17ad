using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// Estimates what a policy would have earned from single actions that another one logged: one pass, memory that does not grow with the log, the same bits for the same log and seed. One thread.
/// </summary>
internal sealed class ActionEstimators
{
    private readonly ReplicateDraws _draws;
    private readonly ActionSums _plain;
    private readonly ActionSums _clipped;
    private readonly ActionSums _switched;
    private readonly ActionSums _shrunk;
    private readonly double[] _direct;
    private readonly double[] _logged;
    private readonly AnytimeValue _anytime;
    private readonly AnytimeRobust? _robust;
    private bool? _modelled;

    public ActionEstimators(EstimationOptions options)
    {
        _draws = new ReplicateDraws(options.Replicates, options.Seed);
        var (clip, shrinkage) = (options.Clip, options.Shrinkage);
        _plain = new ActionSums(_draws, static weight => weight);
        _clipped = new ActionSums(_draws, weight => Math.Min(weight, clip));
        _switched = new ActionSums(_draws, weight => weight <= clip ? weight : 0);
        _shrunk = new ActionSums(_draws, weight => shrinkage * weight / ((weight * weight) + shrinkage));
        (_direct, _logged) = (_draws.NewSums(), _draws.NewSums());
        _anytime = new AnytimeValue(options);
        _robust = options.WeightBound is { } bound ? new AnytimeRobust(options, bound) : null;
    }

    public WeightSums Weights { get; } = new();

    /// <summary>What the policy that logged earned, by replicate.</summary>
    public double[] Logged => ActionSums.Over(_logged, _draws.Taken);

    /// <exception cref="ArgumentException">A propensity is not above 0 and at most 1, a target not a probability, or some have a model's word and others none.</exception>
    public void Add(in LoggedAction action)
    {
        if (!(action.Propensity is > 0 and <= 1 && action.Target is >= 0 and <= 1 && double.IsFinite(action.Reward)))
        {
            throw new ArgumentException($"no logged action: {action}", nameof(action));
        }

        var modelled = !double.IsNaN(action.Direct);
        if ((_modelled ??= modelled) != modelled)
        {
            throw new ArgumentException("a model has a word for all actions or for none", nameof(action));
        }

        _draws.Next(action.Person);
        Weights.Add(action.Person, action.Weight, action.Supported, action.Reward);
        _plain.Add(action);
        _clipped.Add(action);
        _draws.Add(action.Reward, _logged);
        _anytime.Add(action.Weight, action.Weight * action.Reward);
        if (modelled)
        {
            _switched.Add(action);
            _shrunk.Add(action);
            _draws.Add(action.Direct, _direct);
            _robust?.Add(action);
        }
    }

    /// <summary>What the estimators say; those that need a model are missing without one.</summary>
    public ImmutableArray<Estimate> Estimates()
    {
        var found = ImmutableArray.CreateBuilder<Estimate>();
        var direct = ActionSums.Over(_direct, _draws.Taken);
        if (_modelled == true)
        {
            found.Add(new Estimate(EstimatorNames.Dm, direct));
        }

        found.Add(new Estimate(EstimatorNames.Ips, _plain.Plain(), _anytime.Interval));
        found.Add(new Estimate(EstimatorNames.Snips, _plain.SelfNormalised()));
        found.Add(new Estimate(EstimatorNames.ClippedIps, _clipped.Plain()));
        found.Add(new Estimate(EstimatorNames.ClippedSnips, _clipped.SelfNormalised()));
        if (_modelled == true)
        {
            found.Add(new Estimate(EstimatorNames.Dr, _plain.Robust(direct), _robust?.Interval));
            found.Add(new Estimate(EstimatorNames.SelfNormalisedDr, _plain.SelfNormalisedRobust(direct)));
            found.Add(new Estimate(EstimatorNames.SwitchDr, _switched.Robust(direct)));
            found.Add(new Estimate(EstimatorNames.Dros, _shrunk.Robust(direct)));
        }

        return found.ToImmutable();
    }
}
