using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// Estimates what policies would have earned from what another one logged. A place's outcome is weighed with the product of the ratios of conditional propensities from the
/// first place down to its own: the ratio of the probabilities of all that stood at and above it (reward-interaction IPS, Kiyohara et al., "Doubly robust off-policy
/// evaluation for ranking policies under the cascade behavior model", WSDM 2022). Without bias where an outcome depends on nothing below it. The self-normalised form divides
/// by the sum of weights of the place instead of the number of decisions. Intervals are of a bootstrap over persons, by Poisson counts, since a walk
/// over a journal cannot draw from it again. One thread.
/// </summary>
internal sealed class PrefixIps
{
    private readonly int _objectives;
    private readonly ulong _seed;
    private readonly double[] _counts;
    private readonly List<PlaceSums>[] _sums;
    private readonly List<double[]> _placed = [];
    private readonly List<double[]> _earned = [];
    private readonly double[] _decisions;
    private double[] _rewards = [];
    private int _places;

    /// <param name="policies">How many are judged.</param>
    /// <param name="objectives">Of each outcome.</param>
    /// <param name="replicates">Of the bootstrap.</param>
    /// <param name="seed">Of its draws.</param>
    public PrefixIps(int policies, int objectives, int replicates, ulong seed)
    {
        (_objectives, _seed) = (objectives, seed);
        _counts = new double[replicates + 1];
        _decisions = new double[replicates + 1];
        _sums = [.. Enumerable.Range(0, policies).Select(_ => new List<PlaceSums>())];
    }

    /// <summary>How many decisions were taken.</summary>
    public long Decisions { get; private set; }

    /// <summary>Takes the next decision; then <see cref="Add"/> is called for each policy.</summary>
    /// <param name="person">Whose it was: decisions of one person are drawn together.</param>
    /// <param name="rewards">Row-major, objectives × places: the outcomes.</param>
    /// <param name="places">Of its slate.</param>
    public void Next(ulong person, ReadOnlySpan<double> rewards, int places)
    {
        Decisions++;
        _places = places;
        _rewards = rewards.ToArray();
        PersonBootstrap.Draw(_seed, person, _counts);
        for (var b = 0; b < _counts.Length; b++)
        {
            _decisions[b] += _counts[b];
        }

        while (_placed.Count < places)
        {
            _placed.Add(new double[_counts.Length]);
            _earned.Add(new double[_objectives]);
        }

        for (var place = 0; place < places; place++)
        {
            for (var b = 0; b < _counts.Length; b++)
            {
                _placed[place][b] += _counts[b];
            }

            for (var objective = 0; objective < _objectives; objective++)
            {
                _earned[place][objective] += rewards[(objective * places) + place];
            }
        }
    }

    /// <summary>Takes what one policy would have done with the decision.</summary>
    /// <param name="policy">Which.</param>
    /// <param name="logged">The probability that was logged, by place.</param>
    /// <param name="target">The policy's, by place, 0 from the first on that it would never have filled so.</param>
    /// <param name="supported">How much of the policy's probability at a place stands on what could have been logged there.</param>
    public void Add(int policy, ReadOnlySpan<double> logged, ReadOnlySpan<double> target, ReadOnlySpan<double> supported)
    {
        var sums = _sums[policy];
        while (sums.Count < _places)
        {
            sums.Add(new PlaceSums(_objectives, _counts.Length));
        }

        var weight = 1.0;
        for (var place = 0; place < _places; place++)
        {
            var at = sums[place];
            at.Above += weight;
            at.Covered += weight * supported[place];
            weight *= target[place] / logged[place];
            if (weight == 0)
            {
                break;
            }

            at.Squares += weight * weight;
            at.Greatest = Math.Max(at.Greatest, weight);
            AddCounts(weight, at.Weights);
            for (var objective = 0; objective < _objectives; objective++)
            {
                if (_rewards[(objective * _places) + place] is not 0 and var reward)
                {
                    AddCounts(weight * reward, at.Rewards[objective]);
                }
            }
        }
    }

    /// <summary>What a policy would have earned.</summary>
    public PolicyEstimate Estimate(int policy)
    {
        var sums = _sums[policy];
        var covered = 1.0;
        int? empty = null;
        for (var place = 0; place < sums.Count; place++)
        {
            covered *= sums[place].Above > 0 ? sums[place].Covered / sums[place].Above : 1;
            empty ??= sums[place].Weights[0] == 0 ? place + 1 : null;
        }

        return new PolicyEstimate(
            [.. Enumerable.Range(0, _objectives).Select(objective => Values(sums, objective))],
            [.. Enumerable.Range(0, _objectives).Select(objective => sums.Sum(place => place.Rewards[objective][0]) / Math.Max(1, Decisions))],
            Enumerable.Range(0, _objectives).Select(objective => Effective(sums, objective)).DefaultIfEmpty(0).Min(),
            sums.Select(place => place.Greatest).DefaultIfEmpty(0).Max(),
            covered,
            empty);
    }

    /// <summary>The self-normalised value of the data itself, then of each replicate.</summary>
    private double[] Values(List<PlaceSums> sums, int objective)
    {
        var values = new double[_counts.Length];
        for (var place = 0; place < sums.Count; place++)
        {
            for (var b = 0; b < values.Length; b++)
            {
                if (sums[place].Weights[b] is not 0 and var weights && _decisions[b] > 0)
                {
                    values[b] += sums[place].Rewards[objective][b] / weights * _placed[place][b] / _decisions[b];
                }
            }
        }

        return values;
    }

    /// <summary>(Σw)²/Σw², over places as they bring outcomes: what is lost far down, where nothing comes from, weighs little.</summary>
    private double Effective(List<PlaceSums> sums, int objective)
    {
        var all = _earned.Sum(place => Math.Abs(place[objective]));
        var effective = 0.0;
        for (var place = 0; place < sums.Count; place++)
        {
            var share = all > 0 ? Math.Abs(_earned[place][objective]) / all : 1.0 / sums.Count;
            var at = sums[place];
            effective += at.Squares > 0 ? share * at.Weights[0] * at.Weights[0] / at.Squares : 0;
        }

        return effective;
    }

    private void AddCounts(double value, double[] to)
    {
        for (var b = 0; b < to.Length; b++)
        {
            to[b] += _counts[b] * value;
        }
    }

    /// <summary>Sums of one policy at one place; columns are by replicate.</summary>
    private sealed class PlaceSums(int objectives, int replicates)
    {
        public double[] Weights { get; } = new double[replicates];

        public double[][] Rewards { get; } = [.. Enumerable.Range(0, objectives).Select(_ => new double[replicates])];

        public double Squares { get; set; }

        public double Greatest { get; set; }

        /// <summary>Σ of the weight of what stood above.</summary>
        public double Above { get; set; }

        /// <summary>The part of <see cref="Above"/> that the policy spends here on what could have been logged.</summary>
        public double Covered { get; set; }
    }
}
