namespace Millrace.Learning.Training.Calibration;

/// <summary>The line on the logit of least log loss, by Newton's steps, halved while they do not help; the loss is convex.</summary>
internal static class LogisticFit
{
    private const int Steps = 100;
    private const double Small = 1e-10;

    /// <summary>Slope and offset; a slope below 0 is held at 0, since a calibration never falls.</summary>
    internal static PlattCalibrator Platt(IReadOnlyList<Scored> scored)
    {
        var (slope, offset) = Newton(scored, free: true);
        return slope >= 0 ? new PlattCalibrator(slope, offset) : new PlattCalibrator(0, Calibrator.Logit(Mean(scored)));
    }

    /// <summary>One temperature, with no offset.</summary>
    internal static TemperatureCalibrator Temperature(IReadOnlyList<Scored> scored)
    {
        var (slope, _) = Newton(scored, free: false);
        return new TemperatureCalibrator(1 / Math.Max(slope, Small));
    }

    private static double Mean(IReadOnlyList<Scored> scored) => scored.Sum(one => one.Label * one.Weight) / scored.Sum(one => one.Weight);

    private static (double Slope, double Offset) Newton(IReadOnlyList<Scored> scored, bool free)
    {
        var (slope, offset) = (1.0, 0.0);
        var loss = Loss(scored, slope, offset);
        for (var step = 0; step < Steps; step++)
        {
            var (down, across) = Step(scored, slope, offset, free);
            var (factor, next) = (1.0, 0.0);
            while ((next = Loss(scored, slope - (factor * down), offset - (factor * across))) > loss && factor > Small)
            {
                factor /= 2;
            }

            if (!(next <= loss))
            {
                break;
            }

            (slope, offset) = (slope - (factor * down), offset - (factor * across));
            var gained = loss - next;
            loss = next;
            if (gained <= Small * Math.Abs(loss))
            {
                break;
            }
        }

        return (slope, offset);
    }

    // A hair on the diagonal: where all say the same, slope and offset cannot be told apart.
    private static (double Slope, double Offset) Step(IReadOnlyList<Scored> scored, double slope, double offset, bool free)
    {
        var (gs, go, hss, hso, hoo) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        foreach (var (probability, label, weight) in scored)
        {
            var x = Calibrator.Logit(probability);
            var said = Calibrator.Sigmoid((slope * x) + offset);
            var (error, curve) = (weight * (said - label), weight * said * (1 - said));
            (gs, go) = (gs + (error * x), go + error);
            (hss, hso, hoo) = (hss + (curve * x * x), hso + (curve * x), hoo + curve);
        }

        var determinant = (hss * hoo) - (hso * hso);
        return free ? (((hoo * gs) - (hso * go)) / determinant, ((hss * go) - (hso * gs)) / determinant) : (gs / hss, 0);
    }

    private static double Loss(IReadOnlyList<Scored> scored, double slope, double offset)
    {
        var loss = 0.0;
        foreach (var (probability, label, weight) in scored)
        {
            // log(1 + eˣ) without overflow.
            var score = (slope * Calibrator.Logit(probability)) + offset;
            loss += weight * (Math.Max(score, 0) + Math.Log(1 + Math.Exp(-Math.Abs(score))) - (label * score));
        }

        return loss;
    }
}
