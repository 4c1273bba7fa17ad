using Millrace.Learning.Evaluation.Ranking;
using Millrace.Learning.Fairness;

namespace Millrace.Tests.Learning.Fairness;

public sealed class SkewTests
{
    [Fact]
    public void Skew_is_worked_by_hand()
    {
        // Of the first four one is of group 1, and half were wanted: ln(¼ / ½).
        Assert.Equal(Math.Log(0.5), Skew.At([0, 0, 1, 0, 1, 1], 1, 0.5, 4), 12);
        Assert.Equal(Math.Log(1.5), Skew.At([0, 0, 1, 0, 1, 1], 0, 0.5, 4), 12);
        Assert.Equal(0, Skew.At([0, 1], 1, 0.5, 10), 12);
        Assert.Equal(double.NegativeInfinity, Skew.At([0, 0], 1, 0.5, 2));
    }

    [Fact]
    public void Ndkl_is_worked_by_hand()
    {
        // Prefixes: [0] is all of group 0, ln 2; [0, 1] is as wanted, 0. Weights 1/log₂2 = 1 and 1/log₂3.
        Assert.Equal(Math.Log(2) / (1 + (1 / Math.Log2(3))), Skew.Ndkl([0, 1], [0.5, 0.5]), 12);

        // [0, 0, 1]: ln 2, ln 2, then ⅔·ln(4/3) + ⅓·ln(2/3); weights 1, 1/log₂3 and ½.
        var third = (2 / 3.0 * Math.Log(4 / 3.0)) + (1 / 3.0 * Math.Log(2 / 3.0));
        var second = 1 / Math.Log2(3);
        Assert.Equal(((1 + second) * Math.Log(2) + (0.5 * third)) / (1.5 + second), Skew.Ndkl([0, 0, 1], [0.5, 0.5]), 12);
        Assert.Equal(0, Skew.Ndkl([0, 0], [1, 0]), 12);
        Assert.Equal(double.PositiveInfinity, Skew.Ndkl([1], [1, 0]));
    }

    [Fact]
    public void A_probability_that_means_another_thing_to_one_group_is_seen()
    {
        var calibration = new GroupCalibration(seed: 1);
        for (var person = 0UL; person < 200; person++)
        {
            // Half of a's and a quarter of b's come true; both are told one half.
            calibration.Add("a", person, 0.5, person % 2 == 0);
            calibration.Add("b", person, 0.5, person % 4 == 0);
        }

        var groups = calibration.Groups.ToDictionary(group => group.Key, group => group.Value);
        Assert.Equal(1, groups["a"].Calibration().Value, 12);
        Assert.Equal(2, groups["b"].Calibration().Value, 12);
        Assert.Equal(0.25, groups["b"].CalibrationError().Value, 12);
        Assert.True(groups["b"].Calibration().Low > 1);
    }

    [Fact]
    public void Equal_opportunity_is_the_gap_of_recall_between_groups()
    {
        var table = new SliceTable(["recall@10"], seed: 1);
        for (var person = 0UL; person < 100; person++)
        {
            table.Add(person, [new Slice("gender", person % 2 == 0 ? "F" : "M")], [person % 2 == 0 ? 0.25 : 0.75]);
        }

        var gap = table.Gap("gender", "recall@10");
        Assert.Equal(0.5, gap.Value, 12);
        Assert.Equal(FairnessOutcome.Fail, new FairnessGate("gap", "gender", null, 0.1, 40).Judge(gap).Outcome);
    }
}
