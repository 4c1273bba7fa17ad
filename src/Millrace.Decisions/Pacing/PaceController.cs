using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pacing;

/// <summary>
/// Holds a <see cref="Pace"/> by a bonus on utility: the multipliers of "share of the places ≥ least" and "≤ most", found by dual ascent on what was placed, whose
/// subgradient is the share that is missing. The bonus is in units of the spread of utilities, which it learns as well, so that a policy's scale does not matter.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Source: Balseiro, Lu and Mirrokni, "The Best of Many Worlds: Dual Mirror Descent for Online Allocation Problems", Operations Research 2023, with Euclidean steps. A step is
/// <see cref="Gain"/> × (the slate's part of the places within <see cref="Pace.Over"/>) × (what is missing), so that over one such time the bonus moves by Gain × (target −
/// share): where it moves by less than one spread, the share is off by less than 2 points, whatever the candidates are.
/// </para>
/// <para>
/// A floor only lifts and a ceiling only lowers, hence a share that is met by itself costs nothing. What nobody could have placed is not integrated: without candidates of the
/// value, or under a limit that never lets enough of them in, a floor would wind up, and flood the slates when they come. It is learnt within a quarter of the time, so that
/// requests which have none, among others that do, are still made up for; where it is known that the target is out of reach, each slate is held to what it could have had.
/// </para>
/// </remarks>
internal sealed class PaceController(Pace pace)
{
    /// <summary>By how many spreads the bonus moves when all of the target is missing for the whole time.</summary>
    internal const double Gain = 48;

    /// <summary>How many spreads the bonus may reach: beyond the whole range of any two hundred utilities that we have seen.</summary>
    internal const double MostSpreads = 10;

    // Steps are no longer than if so many places came within the time: with fewer, what chance places moves the share by more than a point.
    private const double FewestPlaces = 1000;

    // A slate of hundreds of places must not throw the bonus from end to end.
    private const double LongestStep = 0.5;

    private const double ReachSpeed = 4;

    private double _lift;
    private double _lowering;
    private double _spread;
    private double _places;
    private double _inGroup;
    private double _attainable = 1;
    private double _unavoidable;
    private UnixMicros _at;

    internal Pace Pace { get; } = pace;

    /// <summary>What is added to the utility of the value's items; 0 before anything was placed.</summary>
    internal double Bonus => _spread * (_lift + _lowering);

    /// <summary>The value's share of the places of late, weighted by recency; null before anything was placed.</summary>
    internal double? Share => _places > 0 ? _inGroup / _places : null;

    /// <summary>What another has learnt of the same value under another target; targets and times may differ.</summary>
    internal void Continue(PaceController before)
    {
        (_spread, _places, _inGroup, _at) = (before._spread, before._places, before._inGroup, before._at);
        (_attainable, _unavoidable) = (before._attainable, before._unavoidable);
        _lift = Pace.Least is null ? 0 : before._lift;
        _lowering = Pace.Most is null ? 0 : before._lowering;
    }

    /// <summary>Learns from one slate.</summary>
    /// <param name="placed">Its places.</param>
    /// <param name="spread">The mean distance of its candidates' utilities, without any bonus, from their mean; 0 where they had none.</param>
    /// <param name="now">When; earlier than the last one counts as then.</param>
    internal void Observe(in PacedPlaces placed, double spread, UnixMicros now)
    {
        if (placed.Places <= 0) return;
        double kept = _places > 0 && now > _at ? Deterministic.Exp(-((now - _at).TotalSeconds / Pace.Over.TotalSeconds)) : 1;
        if (now > _at) _at = now;
        bool first = _places <= 0;
        (_places, _inGroup) = ((_places * kept) + placed.Places, (_inGroup * kept) + placed.InGroup);
        double weight = placed.Places / Math.Max(_places, FewestPlaces);
        if (double.IsFinite(spread) && spread > 0) _spread = _spread > 0 ? _spread + (weight * (spread - _spread)) : spread;

        double highest = (double)placed.MostInGroup / placed.Places;
        double lowest = (double)placed.FewestInGroup / placed.Places;
        double reach = first ? 1 : Math.Min(1, ReachSpeed * weight);
        _attainable += reach * (highest - _attainable);
        _unavoidable += reach * (lowest - _unavoidable);

        double share = (double)placed.InGroup / placed.Places;
        double step = Math.Min(LongestStep, Gain * weight);
        if (Pace.Least is { } least)
        {
            double target = _attainable >= least ? least : Math.Min(least, highest);
            _lift = Math.Clamp(_lift + (step * (target - share)), 0, MostSpreads);
        }

        if (Pace.Most is { } most)
        {
            double target = _unavoidable <= most ? most : Math.Max(most, lowest);
            _lowering = Math.Clamp(_lowering + (step * (target - share)), -MostSpreads, 0);
        }
    }
}
