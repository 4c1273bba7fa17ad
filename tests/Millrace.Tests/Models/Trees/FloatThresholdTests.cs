using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

/// <summary>Comparisons of floats that stand for comparisons of doubles, against the comparisons themselves.</summary>
public sealed class FloatThresholdTests
{
    private const double ZeroBand = 1e-35f;

    [Fact]
    public void A_double_threshold_becomes_the_float_that_the_same_values_pass()
    {
        float[] values = [.. Values()];
        foreach (double threshold in Thresholds())
        {
            float narrow = FloatThreshold.OfLightGbm(threshold);
            foreach (float value in values)
            {
                // What LightGBM compares: a double, and 0 for what its sparse rows leave out.
                double compared = Math.Abs((double)value) > ZeroBand ? value : 0;
                Assert.True(compared <= threshold == value <= narrow, $"{value:R} <= {threshold:R} became {value:R} <= {narrow:R}");
            }
        }
    }

    [Fact]
    public void A_strict_bound_becomes_the_float_below_it()
    {
        float[] values = [.. Values()];
        foreach (float bound in values.Where(float.IsFinite))
        {
            foreach (float value in values) Assert.True(value < bound == value <= FloatThreshold.Below(bound), $"{value:R} < {bound:R}");
        }
    }

    /// <summary>Edges of floats, their neighbours, and values between two floats.</summary>
    private static IEnumerable<float> Values()
    {
        float[] edges = [0, -0f, float.Epsilon, 1e-38f, 1e-36f, 1e-35f, 1.17549435e-38f, 0.1f, 1, 1.5f, 3, 16777216, 1e30f, float.MaxValue, float.PositiveInfinity];
        return edges.SelectMany(static edge => (float[])[edge, -edge]).SelectMany(static edge => (float[])[MathF.BitDecrement(edge), edge, MathF.BitIncrement(edge)]).Where(static value => !float.IsNaN(value));
    }

    private static IEnumerable<double> Thresholds() =>
        Values().Select(static value => (double)value)
            .SelectMany(static value => (double[])[Math.BitDecrement(value), value, Math.BitIncrement(value), value * (1 + 1e-9), value * (1 - 1e-9)])
            .Concat([1e300, -1e300, double.Epsilon, -double.Epsilon, 1.0000000180025095e-35, -1.0000000180025095e-35, 3.4028235677973366e38, double.MaxValue, double.MinValue])
            .Where(static value => !double.IsNaN(value));
}
