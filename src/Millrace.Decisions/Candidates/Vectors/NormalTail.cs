namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>The share of a normal distribution above z deviations, from a table built by additions and multiplications alone: the same on every machine, as Math.Exp is not.</summary>
internal static class NormalTail
{
    private const int PerUnit = 64;
    private const int Units = 6;

    // exp(−1/64²): the ratio of neighbouring ratios of the density on the grid; and its square root, the first of these ratios.
    private const double RatioOfRatios = 0.9997558891748972;
    private const double FirstRatio = 0.9998779371377774;
    private const double Peak = 0.3989422804014327;

    private static readonly float[] Above = Table();

    internal static float Of(float z)
    {
        float at = z * PerUnit;
        if (at >= Units * PerUnit) return 0;
        return at <= -Units * PerUnit ? 1 : Above[(int)at + (Units * PerUnit)];
    }

    private static float[] Table()
    {
        var density = new double[(Units * PerUnit) + 1];
        density[0] = Peak;
        double ratio = FirstRatio;
        for (int i = 1; i < density.Length; i++)
        {
            density[i] = density[i - 1] * ratio;
            ratio *= RatioOfRatios;
        }

        var above = new float[(2 * Units * PerUnit) + 1];
        double tail = 0;
        for (int i = density.Length - 1; i >= 0; i--)
        {
            if (i < density.Length - 1) tail += (density[i] + density[i + 1]) / (2 * PerUnit);
            above[(Units * PerUnit) + i] = (float)tail;
            above[(Units * PerUnit) - i] = (float)(1 - tail);
        }

        return above;
    }
}
