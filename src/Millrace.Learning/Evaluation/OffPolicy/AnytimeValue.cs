using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// The anytime interval of IPS. Above, it bounds what the policy loses: Σw(most − r) has the mean most − value, whatever the weights, as far as the log covers the policy. Where no weight can exceed a known bound, the
/// weighted rewards themselves are bounded, which is far tighter for rare outcomes.
/// </summary>
internal sealed class AnytimeValue
{
    private readonly double _least;
    private readonly double _range;
    private readonly int _places;
    private readonly double? _most;
    private readonly AnytimeBound _below;
    private readonly AnytimeBound _above;
    private bool _beyond;

    /// <param name="options">The ends of rewards, and the bound of weights.</param>
    /// <param name="places">Of a slate: as many rewards are added up.</param>
    /// <exception cref="ArgumentException">The ends are no range.</exception>
    public AnytimeValue(EstimationOptions options, int places = 1)
    {
        _least = options.LeastReward;
        _range = options.MostReward - options.LeastReward;
        _places = places;
        if (!(_range > 0 && double.IsFinite(_range)))
        {
            throw new ArgumentException($"expected the least reward below the most; got {options.LeastReward} and {options.MostReward}", nameof(options));
        }

        _most = options.WeightBound * places;
        _below = new AnytimeBound(options.Miss / 2, 0, 1);
        _above = _most is { } most ? new AnytimeBound(options.Miss / 2, -most, most) : new AnytimeBound(options.Miss / 2, 0, 1);
    }

    /// <summary>Of the sum over places, per decision; null when the log went beyond what was declared of rewards or weights.</summary>
    public Interval? Interval => _beyond ? null : new((_places * _least) + (_range * _below.Low), (_places * _least) + (_range * (_most is null ? _places - _above.Low : -_above.Low)));

    /// <summary>Takes a decision: Σ over places of weight, and of weight × reward.</summary>
    public void Add(double weights, double rewards)
    {
        var earned = (rewards - (_least * weights)) / _range;
        _beyond |= earned < -1e-9 || earned > weights + 1e-9 || earned > (_most ?? double.PositiveInfinity) * (1 + 1e-9);
        if (_beyond)
        {
            return;
        }

        _below.Add(earned);
        _above.Add(_most is null ? weights - earned : -earned);
    }
}
