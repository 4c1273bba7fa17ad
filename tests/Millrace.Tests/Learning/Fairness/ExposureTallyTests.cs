using Millrace.Features.Numerics;
using Millrace.Learning.Evaluation.Ranking;
using Millrace.Learning.Fairness;

namespace Millrace.Tests.Learning.Fairness;

public sealed class ExposureTallyTests
{
    /// <summary>Six applicants of nearly equal merit, ranked by it: the example by which Singh and Joachims (KDD 2018, figure 1) begin.</summary>
    private static readonly ExposedItem[] Applicants =
    [
        new(0, 1, 0.81, true), new(0, 2, 0.80, false), new(0, 3, 0.79, true),
        new(1, 4, 0.78, false), new(1, 5, 0.77, true), new(1, 6, 0.76, false),
    ];

    [Fact]
    public void A_small_difference_of_merit_becomes_a_large_one_of_exposure()
    {
        var tally = new ExposureTally(["men", "women"], seed: 1);
        tally.Add(1, Applicants);

        // Men: (1 + .6309 + .5) / 3 = .7103; women: (.4307 + .3869 + .3562) / 3 = .3912. The paper prints .71 and .39.
        var (men, women) = ((1 + (1 / Math.Log2(3)) + (1 / Math.Log2(4))) / 3, ((1 / Math.Log2(5)) + (1 / Math.Log2(6)) + (1 / Math.Log2(7))) / 3);
        Assert.Equal(0.71, men, 0.005);
        Assert.Equal(0.39, women, 0.005);
        Assert.Equal(men / women, tally.Parity("men", "women").Value, 12);
        Assert.Equal(women / (men + women), tally.Share("women").Value, 12);

        // Mean merit .80 and .77: exposure for merit is .7103/.80 by .3912/.77 = 1.748.
        Assert.Equal(men / 0.80 / (women / 0.77), tally.TreatmentRatio("men", "women").Value, 12);

        // Two clicks of three and one of three: (.6667/.80) / (.3333/.77) = 1.925.
        Assert.Equal(2 / 0.80 / (1 / 0.77), tally.ImpactRatio("men", "women").Value, 12);
        Assert.Equal(1 / (3 * women), tally.ClicksPerExposure("women").Value, 12);
    }

    [Fact]
    public void What_is_not_shown_has_no_exposure_and_its_merit_counts()
    {
        var tally = new ExposureTally(["a", "b"], seed: 1, examination: rank => rank == 0 ? 1 : 0.5);
        tally.Add(1, [new(0, 1, 0.5, false), new(1, 2, 0.5, false), new(1, 0, 0.5, false)]);

        // a: 1 for one candidate; b: 0.5 for two.
        Assert.Equal(4, tally.Parity("a", "b").Value, 12);
        Assert.Equal(1 / 1.5, tally.Share("a").Value, 12);
        Assert.Equal(4, tally.TreatmentRatio("a", "b").Value, 12);
    }

    [Fact]
    public void A_starved_group_is_caught_and_an_equal_one_is_not()
    {
        var gate = new FairnessGate("exposureShare", "b", AtLeast: 0.45, AtMost: 0.55);

        Assert.Equal(FairnessOutcome.Fail, gate.Judge(Lists(starved: 0.6).Share("b")).Outcome);
        Assert.Equal(FairnessOutcome.Pass, gate.Judge(Lists(starved: 0).Share("b")).Outcome);
        Assert.Equal(FairnessOutcome.NotEvaluable, gate.Judge(Lists(starved: 0.6, persons: 20).Share("b")).Outcome);
    }

    [Fact]
    public void A_clean_stream_is_seldom_accused()
    {
        // The parity's own value is 1: a gate at exactly that must fail no more often than its interval allows.
        var gate = new FairnessGate("parity", "b", AtLeast: 1, AtMost: null);
        var accused = Enumerable.Range(0, 100).Count(world => gate.Judge(Lists(0, world: (ulong)world + 10).Parity("b", "a")).Outcome == FairnessOutcome.Fail);

        Assert.InRange(accused, 0, 8);
    }

    /// <summary>Ten candidates, five of each group, evenly shuffled; with some probability those of b that would stand among the first three are not shown.</summary>
    private static ExposureTally Lists(double starved, int persons = 300, ulong world = 5)
    {
        var tally = new ExposureTally(["a", "b"], seed: world);
        for (var person = 0UL; person < (ulong)persons; person++)
        {
            ExposedItem[] order = [.. Enumerable.Range(0, 10).OrderBy(item => Philox.Draw(world, person, (ulong)item).First).Select((item, place) => new ExposedItem(item % 2, place + 1, 0.5, false))];
            tally.Add(person, [.. order.Select(item =>
                item.Group == 1 && item.Rank <= 3 && Philox.ToUnit(Philox.Draw(world + 1, person, (ulong)item.Rank).First) < starved ? item with { Rank = 0 } : item)]);
        }

        return tally;
    }
}
