using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>Sums by place and replicate of one way to weigh places: the plain estimate, and the one that divides by each place's sum of weights.</summary>
/// <param name="draws">The replicates.</param>
/// <param name="placed">By place, how many slates have it, by replicate.</param>
internal sealed class PlaceSums(ReplicateDraws draws, List<double[]> placed)
{
    private readonly double[] _plain = draws.NewSums();
    private readonly List<double[]> _weights = [];
    private readonly List<double[]> _rewards = [];

    /// <summary>Takes a slate's places.</summary>
    public void Add(ReadOnlySpan<double> weights, ReadOnlySpan<double> rewards)
    {
        var earned = 0.0;
        for (var place = 0; place < weights.Length; place++)
        {
            if (_weights.Count == place)
            {
                _weights.Add(draws.NewSums());
                _rewards.Add(draws.NewSums());
            }

            draws.Add(weights[place], _weights[place]);
            draws.Add(weights[place] * rewards[place], _rewards[place]);
            earned += weights[place] * rewards[place];
        }

        draws.Add(earned, _plain);
    }

    public double[] Plain() => ActionSums.Over(_plain, draws.Taken);

    /// <summary>Σ over places of Σwr/Σw, each as often as slates have it. A replicate without weight at a place says nothing.</summary>
    public double[] SelfNormalised()
    {
        var values = new double[draws.Taken.Length];
        for (var place = 0; place < _weights.Count; place++)
        {
            for (var b = 0; b < values.Length; b++)
            {
                values[b] += placed[place][b] == 0 ? 0 : _rewards[place][b] / _weights[place][b] * placed[place][b] / draws.Taken[b];
            }
        }

        return values;
    }
}
