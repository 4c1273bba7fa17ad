using CsCheck;
using Millrace.Features.Numerics;
using Millrace.Learning.Training.Calibration;

namespace Millrace.Tests.Learning.Training.Calibration;

public sealed class CalibratorTests
{
    private static readonly Gen<Scored[]> Some = Gen.Select(Gen.Int[1, 9].Select(n => n / 10.0), Gen.Int[0, 1].Select(n => (double)n), Gen.Int[1, 3].Select(n => (double)n))
        .Select((probability, label, weight) => new Scored(probability, label, weight)).Array[1, 7];

    [Fact]
    public void Pooling_finds_the_least_squares_under_order_as_the_min_max_formula_says() => Some.Sample(scored =>
    {
        // max over starts before of min over ends after of the mean between (Barlow et al. 1972).
        var levels = scored.GroupBy(one => one.Probability).OrderBy(same => same.Key).Select(same => (At: same.Key, Sum: same.Sum(one => one.Label * one.Weight), Weight: same.Sum(one => one.Weight))).ToArray();
        var fitted = IsotonicFit.Of(scored);
        for (var i = 0; i < levels.Length; i++)
        {
            var truth = Enumerable.Range(0, i + 1).Max(from => Enumerable.Range(i, levels.Length - i).Min(to =>
                levels[from..(to + 1)].Sum(level => level.Sum) / levels[from..(to + 1)].Sum(level => level.Weight)));
            Assert.Equal(Calibrator.Within(truth), fitted.Apply(levels[i].At), 12);
        }
    });

    [Fact]
    public void None_falls_anywhere() => Some.Sample(scored =>
    {
        foreach (Calibrator one in (Calibrator[])[LogisticFit.Platt(scored), LogisticFit.Temperature(scored), IsotonicFit.Of(scored)])
        {
            var said = Enumerable.Range(0, 101).Select(i => one.Apply(i / 100.0)).ToArray();
            Assert.All(said.Zip(said.Skip(1)), pair => Assert.True(pair.First <= pair.Second + 1e-12));
            Assert.All(said, value => Assert.InRange(value, Calibrator.Edge, 1 - Calibrator.Edge));
        }
    });

    [Fact]
    public void A_distortion_that_is_known_is_undone()
    {
        // Said is σ(2·logit(true) + 1): slope ½ and offset −½ bring it back.
        var scored = Draw(1, 60_000, truth => Calibrator.Sigmoid((2 * Calibrator.Logit(truth)) + 1));
        var platt = LogisticFit.Platt(scored);
        Assert.Equal(0.5, platt.Slope, 0.02);
        Assert.Equal(-0.5, platt.Offset, 0.03);
        Assert.Equal(2, LogisticFit.Temperature(Draw(2, 60_000, truth => Calibrator.Sigmoid(2 * Calibrator.Logit(truth)))).Temperature, 0.06);
    }

    [Fact]
    public void The_one_of_least_loss_on_a_later_slice_is_taken_and_told_on_a_third()
    {
        static double Stepped(double truth) => truth < 0.5 ? 0.2 + (truth / 100) : 0.9 + (truth / 100);
        var choice = CalibrationChoice.Of(Draw(3, 20_000, Stepped), Draw(4, 20_000, Stepped), Draw(5, 20_000, Stepped))!;
        Assert.Equal("isotonic", choice.Chosen.Name);
        Assert.Equal(4, choice.Losses.Count);
        Assert.True(choice.After < choice.Before);
        Assert.Null(CalibrationChoice.Of(Draw(3, 15, Stepped), Draw(4, 20_000, Stepped), Draw(5, 20_000, Stepped)));
    }

    [Fact]
    public void What_is_saved_says_the_same_when_it_is_read()
    {
        var scored = Draw(6, 3_000, truth => truth * truth);
        foreach (Calibrator one in (Calibrator[])[new NoCalibrator(), LogisticFit.Platt(scored), LogisticFit.Temperature(scored), IsotonicFit.Of(scored)])
        {
            var read = Calibrator.Parse(one.ToJson());
            Assert.Equal(one.Name, read.Name);
            Assert.All(Enumerable.Range(0, 101), i => Assert.Equal(one.Apply(i / 100.0), read.Apply(i / 100.0)));
        }
    }

    private static List<Scored> Draw(ulong seed, int count, Func<double, double> said) =>
        [.. Enumerable.Range(0, count).Select(i => (Truth: Philox.ToUnit(Philox.Draw(seed, (ulong)i, 0).First), Luck: Philox.ToUnit(Philox.Draw(seed, (ulong)i, 1).First)))
            .Select(one => new Scored(said(one.Truth), one.Luck < one.Truth ? 1 : 0, 1))];
}
