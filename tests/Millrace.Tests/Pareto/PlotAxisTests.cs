using CsCheck;
using Millrace.Pareto;

namespace Millrace.Tests.Pareto;

public sealed class PlotAxisTests
{
    [Fact]
    public void Ticks_are_few_round_and_within() =>
        Gen.Select(Gen.Double[-1e3, 1e3], Gen.Double[1e-3, 1e3]).Sample((least, span) =>
        {
            double[] ticks = [.. new PlotAxis(least, least + span).Ticks(6)];
            Assert.InRange(ticks.Length, 3, 11);
            Assert.All(ticks, tick => Assert.InRange(tick, least, least + span));
            var step = ticks[1] - ticks[0];
            var first = Math.Round(step / Math.Pow(10, Math.Floor(Math.Log10(step * 1.0001))));
            Assert.True(first is 1 or 2 or 5, $"a step of {step}");
        });

    [Fact]
    public void Round_means_ones_twos_and_fives() => Assert.Equal([10.0, 12, 14, 16, 18, 20], new PlotAxis(8.6, 21.2).Ticks(6).Select(tick => Math.Round(tick, 6)));
}
