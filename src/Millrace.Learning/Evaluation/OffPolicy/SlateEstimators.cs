using System.Collections.Immutable;
using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// Estimates what a policy would have earned from slates that another one logged, the rewards of a slate's places added up. They differ by what an outcome may depend on: all places (standard), those above and its own
/// (reward interaction and Cascade-DR), its own alone (independent). One pass, bounded memory, the same bits for the same log and seed. One thread.
/// </summary>
internal sealed class SlateEstimators
{
    private readonly EstimationOptions _options;
    private readonly ReplicateDraws _draws;
    private readonly List<double[]> _placed = [];
    private readonly PlaceSums _standard;
    private readonly PlaceSums _prefix;
    private readonly PlaceSums _independent;
    private readonly double[] _cascade;
    private readonly double[] _logged;
    private AnytimeValue? _anytimeStandard;
    private AnytimeValue? _anytimePrefix;
    private bool? _modelled;
    private bool? _marginal;
    private double[] _weights = [];
    private int _places;

    public SlateEstimators(EstimationOptions options)
    {
        _options = options;
        _draws = new ReplicateDraws(options.Replicates, options.Seed);
        (_standard, _prefix, _independent) = (new PlaceSums(_draws, _placed), new PlaceSums(_draws, _placed), new PlaceSums(_draws, _placed));
        (_cascade, _logged) = (_draws.NewSums(), _draws.NewSums());
    }

    /// <summary>The weights of whole slates.</summary>
    public WeightSums Weights { get; } = new();

    /// <summary>The weights of what outcomes depend on when people read from the top: a slate's, averaged over its places.</summary>
    public WeightSums PrefixWeights { get; } = new();

    /// <summary>What the policy that logged earned, by replicate.</summary>
    public double[] Logged => ActionSums.Over(_logged, _draws.Taken);

    /// <exception cref="ArgumentException">A propensity is not above 0, or some slates have marginals or a model and others none.</exception>
    public void Add(in LoggedSlate slate)
    {
        Check(slate);
        var places = slate.Rewards.Length;
        _draws.Next(slate.Person);
        Grow(places);
        var weights = _weights.AsSpan(0, places);
        Ratios(slate, weights);
        _prefix.Add(weights, slate.Rewards);
        _anytimePrefix!.Add(Sum(weights) + _places - places, Dot(weights, slate.Rewards));
        PrefixWeights.Add(slate.Person, places == 0 ? 1 : Sum(weights) / places, Supported(slate, weights), Dot(weights, slate.Rewards));
        var whole = places == 0 ? 1 : weights[^1];
        var supported = Supported(slate, weights);
        weights.Fill(whole);
        _standard.Add(weights, slate.Rewards);
        _anytimeStandard!.Add((whole * places) + _places - places, whole * Sum(slate.Rewards));
        Weights.Add(slate.Person, whole, supported, Sum(slate.Rewards));
        _draws.Add(Sum(slate.Rewards), _logged);
        if (_marginal == true)
        {
            _independent.Add(slate.Marginals, slate.Rewards);
        }

        if (_modelled == true)
        {
            _draws.Add(Cascade(slate), _cascade);
        }
    }

    /// <summary>What the estimators say; those that need marginals or a model are missing without.</summary>
    public ImmutableArray<Estimate> Estimates()
    {
        var found = ImmutableArray.CreateBuilder<Estimate>();
        found.Add(new Estimate(EstimatorNames.Standard, _standard.Plain(), _anytimeStandard?.Interval) { Overlap = Overlap.Of(Weights) });
        found.Add(new Estimate(EstimatorNames.Prefix, _prefix.Plain(), _anytimePrefix?.Interval));
        found.Add(new Estimate(EstimatorNames.SelfNormalisedStandard, _standard.SelfNormalised()) { Overlap = Overlap.Of(Weights) });
        found.Add(new Estimate(EstimatorNames.SelfNormalisedPrefix, _prefix.SelfNormalised()));
        if (_marginal == true)
        {
            found.Add(new Estimate(EstimatorNames.Independent, _independent.Plain()));
            found.Add(new Estimate(EstimatorNames.SelfNormalisedIndependent, _independent.SelfNormalised()));
        }

        if (_modelled == true)
        {
            found.Add(new Estimate(EstimatorNames.CascadeDr, ActionSums.Over(_cascade, _draws.Taken)));
        }

        return found.ToImmutable();
    }

    private void Check(in LoggedSlate slate)
    {
        var (modelled, marginal, places) = (!slate.Model.IsEmpty, !slate.Marginals.IsEmpty, slate.Rewards.Length);
        if ((_modelled ??= modelled) != modelled || (_marginal ??= marginal) != marginal)
        {
            throw new ArgumentException("marginals and a model's word are there for all slates or for none", nameof(slate));
        }

        if (slate.Propensities.Length != places || slate.Targets.Length != places || (modelled && (slate.Model.Length != places || slate.Direct.Length != places)) || (marginal && slate.Marginals.Length != places))
        {
            throw new ArgumentException("what is said of places is not as long as the slate", nameof(slate));
        }

        foreach (var propensity in slate.Propensities)
        {
            if (!(propensity is > 0 and <= 1))
            {
                throw new ArgumentException($"no propensity: {propensity}", nameof(slate));
            }
        }
    }

    private void Grow(int places)
    {
        if (_anytimePrefix is null)
        {
            _places = places;
            (_anytimePrefix, _anytimeStandard) = (new AnytimeValue(_options, places), new AnytimeValue(_options, places));
        }

        if (_weights.Length < places)
        {
            _weights = new double[places];
        }

        while (_placed.Count < places)
        {
            _placed.Add(_draws.NewSums());
        }

        for (var place = 0; place < places; place++)
        {
            _draws.Add(1, _placed[place]);
        }
    }

    /// <summary>The product of ratios from the first place down to each.</summary>
    private static void Ratios(in LoggedSlate slate, Span<double> weights)
    {
        var weight = 1.0;
        for (var place = 0; place < weights.Length; place++)
        {
            weights[place] = weight *= slate.Targets[place] / slate.Propensities[place];
        }
    }

    /// <summary>From the last place up: V = Σπ·q + ratio × (r + V of the place below − q).</summary>
    private static double Cascade(in LoggedSlate slate)
    {
        var value = 0.0;
        for (var place = slate.Rewards.Length - 1; place >= 0; place--)
        {
            value = slate.Direct[place] + (slate.Targets[place] / slate.Propensities[place] * (slate.Rewards[place] + value - slate.Model[place]));
        }

        return value;
    }

    private static double Supported(in LoggedSlate slate, ReadOnlySpan<double> weights)
    {
        var product = 1.0;
        for (var place = 0; place < slate.Supported.Length; place++)
        {
            // Below a place that the policy would never have filled so it says nothing of its own slates.
            product *= place == 0 || weights[place - 1] > 0 ? slate.Supported[place] : 1;
        }

        return product;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static double Dot(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var sum = 0.0;
        for (var i = 0; i < first.Length; i++)
        {
            sum += first[i] * second[i];
        }

        return sum;
    }
}
