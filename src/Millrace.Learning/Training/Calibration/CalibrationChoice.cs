using System.Collections.Immutable;

namespace Millrace.Learning.Training.Calibration;

/// <summary>Which calibration a model gets: each is fitted to one slice, and the one of least log loss on a later one is taken; on a third, later still, it is told what it gains.</summary>
/// <param name="Chosen">The one.</param>
/// <param name="Losses">By name, the log loss on the slice that chose.</param>
/// <param name="Before">The log loss on the last slice without it.</param>
/// <param name="After">And with it.</param>
internal sealed record CalibrationChoice(Calibrator Chosen, ImmutableSortedDictionary<string, double> Losses, double Before, double After)
{
    /// <summary>Fewer labels of either kind say too little.</summary>
    private const double LeastLabels = 20;

    /// <param name="fit">Fits them.</param>
    /// <param name="choose">Later, chooses.</param>
    /// <param name="judge">Later still, tells.</param>
    /// <returns>Null when a slice has too few of either label.</returns>
    internal static CalibrationChoice? Of(IReadOnlyList<Scored> fit, IReadOnlyList<Scored> choose, IReadOnlyList<Scored> judge)
    {
        if (!Tells(fit) || !Tells(choose) || !Tells(judge))
        {
            return null;
        }

        Calibrator[] all = [new NoCalibrator(), LogisticFit.Platt(fit), LogisticFit.Temperature(fit), IsotonicFit.Of(fit)];
        var losses = all.ToImmutableSortedDictionary(one => one.Name, one => Scored.LogLoss(choose, one), StringComparer.Ordinal);
        var chosen = all.MinBy(one => losses[one.Name])!;
        return new(chosen, losses, Scored.LogLoss(judge, all[0]), Scored.LogLoss(judge, chosen));
    }

    private static bool Tells(IReadOnlyList<Scored> scored) => scored.Sum(one => one.Label) >= LeastLabels && scored.Sum(one => 1 - one.Label) >= LeastLabels;
}
