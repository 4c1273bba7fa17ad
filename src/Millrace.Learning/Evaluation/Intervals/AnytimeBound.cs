namespace Millrace.Learning.Evaluation.Intervals;

/// <summary>
/// A lower bound of a mean that holds at every moment at once, whenever somebody looks and stops: the predictable plug-in empirical Bernstein bound (Waudby-Smith and Ramdas, "Estimating means of bounded random
/// variables by betting", JRSS B 2024) in its one-sided form, which needs no upper bound of what is averaged (Waudby-Smith, Wu, Ramdas, Karampatziakis, Mineiro, "Anytime-valid off-policy inference", 2022):
/// importance weights have a long tail above and none below. Nothing is assumed of independence, only that each value has the mean given those before.
/// </summary>
/// <param name="miss">The probability that it is ever above the mean.</param>
/// <param name="least">No value is below it.</param>
/// <param name="scale">What values mostly lie within, above <paramref name="least"/>: tightness depends on it, truth does not.</param>
internal sealed class AnytimeBound(double miss, double least, double scale)
{
    /// <summary>Below 1, where the bound's logarithm has its pole.</summary>
    private const double MostBet = 0.75;

    private double _sum;
    private double _squares;
    private double _bets;
    private double _won;
    private double _paid;
    private long _count;

    /// <summary>The bound; −∞ before the first value.</summary>
    public double Low => _count == 0 ? double.NegativeInfinity : least + (scale * Math.Max(0, (_won - _paid - Math.Log(1 / miss)) / _bets));

    /// <exception cref="ArgumentOutOfRangeException">The value is below what was declared the least.</exception>
    public void Add(double value)
    {
        // Rounding may put a value that is at its least a hair below it.
        var x = (value - least) / scale;
        ArgumentOutOfRangeException.ThrowIfLessThan(x, -1e-9, nameof(value));
        x = Math.Max(0, x);
        var guess = Math.Min(1, (0.5 + _sum) / (_count + 1));
        var variance = (0.25 + _squares) / (_count + 1);
        var bet = Math.Min(MostBet, Math.Sqrt(2 * Math.Log(1 / miss) / (variance * (_count + 1) * Math.Log(_count + 2))));
        var off = (x - guess) * (x - guess);
        _bets += bet;
        _won += bet * x;
        _paid += (-Math.Log(1 - bet) - bet) * off;
        _sum += x;
        _count++;
        var after = Math.Min(1, (0.5 + _sum) / (_count + 1));
        _squares += (x - after) * (x - after);
    }
}
