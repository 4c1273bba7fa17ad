using CsCheck;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

public sealed class RankGuideTests
{
    // Floats of all magnitudes, and many near each other.
    private static readonly Gen<float> Value = Gen.Frequency(
        (3, Gen.Single[-2, 2]), (1, Gen.Int.Select(static bits => BitConverter.Int32BitsToSingle(bits)).Where(static value => float.IsFinite(value))), (1, Gen.Int[-40, 40].Select(static power => (float)Math.Pow(10, power))), (1, Gen.Const(0f)), (1, Gen.Single[1, 1.0001f]));

    [Fact]
    public void A_rank_is_the_number_of_thresholds_below_the_value() =>
        Gen.Select(Value.Array[1, 400], Value.Array[64]).Sample(static (some, others) =>
        {
            float[] thresholds = [.. some.Select(static value => value + 0f).Distinct().Order()];
            var guide = new RankGuide(thresholds);
            float[] values = [.. others, .. thresholds, .. thresholds.Select(MathF.BitIncrement), .. thresholds.Select(MathF.BitDecrement), -0f, float.PositiveInfinity, float.NegativeInfinity];
            foreach (float value in values)
            {
                int expected = thresholds.Count(threshold => value > threshold);
                Assert.True(expected == guide.Rank(value), $"{value:R} among {thresholds.Length}: expected {expected}; got {guide.Rank(value)}");
            }
        }, iter: 300);
}
