using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>
/// Holds a <see cref="Pace"/> by a bonus on utility: the multiplier of the constraint "share of the places ≥ least, ≤ most", found by stochastic dual ascent on what was
/// placed (the subgradient is the share that is missing), with a term on the recent share beside it so that it neither waits long nor swings. The bonus is in units of the
/// spread of utilities, which it learns as well, so that a policy's scale does not matter. Safe from any thread; a decision reads the bonus once and records it.
/// </summary>
/// <remarks>
/// The steps follow Balseiro, Lu and Mirrokni, "The Best of Many Worlds: Dual Mirror Descent for Online Allocation Problems" (2023), with Euclidean steps whose length is set by how many places come
/// within <see cref="Pace.Over"/>. A floor only lifts and a ceiling only lowers, hence a share that is met by itself costs nothing. A bound of some spreads keeps what cannot
/// be met from winding up.
/// </remarks>
internal sealed class PaceController(Pace pace)
{
    /// <summary>How many spreads the bonus may reach: enough to put the worst of the kept above the best, and no more.</summary>
    internal const double MostSpreads = 3;

    // A share that is off by a tenth for a whole period moves the bonus by this many tenths of the spread.
    private const double IntegralGain = 4;
    private const double ProportionalGain = 1;

    // Until so many places were seen, a step is no longer than if they had been: the first decision must not swing all.
    private const double FewestPlaces = 200;

    private readonly Lock _lock = new();
    private double _floor;
    private double _ceiling;
    private double _spread;
    private double _places;
    private double _inGroup;
    private UnixMicros _at;

    /// <summary>What is added to the utility of the value's items; 0 before anything was placed.</summary>
    internal double Bonus
    {
        get
        {
            lock (_lock)
            {
                return _spread * Spreads();
            }
        }
    }

    /// <summary>The value's share of the places of late, weighted by recency.</summary>
    internal double Share
    {
        get
        {
            lock (_lock)
            {
                return _places > 0 ? _inGroup / _places : 0;
            }
        }
    }

    /// <summary>Learns from one slate.</summary>
    /// <param name="places">How many of its places were open to the bonus: pins are not.</param>
    /// <param name="inGroup">How many of those the value's items took.</param>
    /// <param name="spread">Between the utilities of the best and the last that could be drawn.</param>
    /// <param name="now">When; earlier than the last one counts as then.</param>
    internal void Observe(int places, int inGroup, double spread, UnixMicros now)
    {
        if (places <= 0) return;
        lock (_lock)
        {
            double kept = _places > 0 && now > _at ? Deterministic.Exp(-((now - _at).TotalSeconds / pace.Over.TotalSeconds)) : 1;
            if (now > _at) _at = now;
            _places = (_places * kept) + places;
            _inGroup = (_inGroup * kept) + inGroup;
            double weight = places / Math.Max(_places, FewestPlaces);
            if (double.IsFinite(spread) && spread > 0) _spread = _spread > 0 ? _spread + (weight * (spread - _spread)) : spread;
            double share = (double)inGroup / places;
            double step = IntegralGain * weight;
            if (pace.Least is { } least) _floor = Lifting(_floor + (step * (least - share)));
            if (pace.Most is { } most) _ceiling = Lowering(_ceiling + (step * (most - share)));
        }
    }

    private double Spreads()
    {
        bool told = _places >= FewestPlaces;
        double share = told ? _inGroup / _places : 0;
        double lift = pace.Least is { } least ? Lifting(_floor + (told ? ProportionalGain * (least - share) : 0)) : 0;
        double lower = pace.Most is { } most ? Lowering(_ceiling + (told ? ProportionalGain * (most - share) : 0)) : 0;
        return lift + lower;
    }

    private static double Lifting(double spreads) => Math.Clamp(spreads, 0, MostSpreads);

    private static double Lowering(double spreads) => Math.Clamp(spreads, -MostSpreads, 0);
}
