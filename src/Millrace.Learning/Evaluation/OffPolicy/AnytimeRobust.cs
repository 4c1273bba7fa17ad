using Millrace.Learning.Evaluation.Intervals;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>The anytime interval of DR. Residuals are weighted too, below as above: it needs a bound of weights that the two policies give, not the log.</summary>
internal sealed class AnytimeRobust
{
    private readonly double _bound;
    private readonly double _least;
    private readonly double _most;
    private readonly AnytimeBound _below;
    private readonly AnytimeBound _above;
    private bool _beyond;

    public AnytimeRobust(EstimationOptions options, double bound)
    {
        (_bound, _least, _most) = (bound, options.LeastReward, options.MostReward);
        var range = _most - _least;

        // direct ∈ [least, most], residual ∈ [−range, range], the weight ≥ 0 and ≤ bound.
        var reach = range * (1 + bound);
        _below = new AnytimeBound(options.Miss / 2, _most - reach, reach);
        _above = new AnytimeBound(options.Miss / 2, -(_least + reach), reach);
    }

    /// <summary>Null when the log or the model went beyond what was declared of rewards or weights.</summary>
    public Interval? Interval => _beyond ? null : new(_below.Low, -_above.Low);

    public void Add(in LoggedAction action)
    {
        _beyond |= action.Weight > _bound * (1 + 1e-9) || !(action.Model >= _least && action.Model <= _most && action.Reward >= _least && action.Reward <= _most);
        if (_beyond)
        {
            return;
        }

        var value = action.Direct + (action.Weight * (action.Reward - action.Model));
        _below.Add(value);
        _above.Add(-value);
    }
}
