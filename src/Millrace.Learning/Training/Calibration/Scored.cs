using System.Runtime.InteropServices;

namespace Millrace.Learning.Training.Calibration;

/// <summary>What a model said, and what came true.</summary>
/// <param name="Probability">Said.</param>
/// <param name="Label">0 or 1, or a share.</param>
/// <param name="Weight">What it counts.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Scored(double Probability, double Label, double Weight)
{
    /// <summary>The mean loss of what a calibration makes of them, in nats.</summary>
    internal static double LogLoss(IReadOnlyList<Scored> scored, Calibrator calibrator)
    {
        var (loss, weight) = (0.0, 0.0);
        foreach (var (probability, label, counts) in scored)
        {
            var said = Calibrator.Within(calibrator.Apply(probability));
            loss -= counts * ((label * Math.Log(said)) + ((1 - label) * Math.Log(1 - said)));
            weight += counts;
        }

        return loss / weight;
    }
}
