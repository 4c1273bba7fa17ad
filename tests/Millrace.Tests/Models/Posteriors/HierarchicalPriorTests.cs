using Millrace.Features.Numerics;
using Millrace.Models.Posteriors;

namespace Millrace.Tests.Models.Posteriors;

public sealed class HierarchicalPriorTests
{
    private const int Items = 600;
    private const int Trials = 400;

    [Fact]
    public void A_new_item_is_believed_what_its_groups_are_known_for()
    {
        // The truth: a provider's rate is 2 % or 10 %; topics say nothing.
        var prior = HierarchicalPrior.Fit([.. Enumerable.Range(0, Items).Select(i => Drawn(i, i % 2 == 0 ? 0.02 : 0.1, worth: 100))], 2)!;
        Assert.Equal(0.02, prior.MeanOf(["p0", "t1"]), tolerance: 0.005);
        Assert.Equal(0.1, prior.MeanOf(["p1", "t2"]), tolerance: 0.01);
        Assert.Equal(prior.Mean, prior.MeanOf([null, "never seen"]), tolerance: 1e-12);
        Assert.Equal(100, prior.Worth, tolerance: 30);
    }

    [Fact]
    public void Where_groups_do_not_differ_no_item_is_told_apart_by_them()
    {
        var prior = HierarchicalPrior.Fit([.. Enumerable.Range(0, Items).Select(i => Drawn(i, 0.05, worth: 50))], 2)!;
        Assert.Equal(prior.Mean, prior.MeanOf(["p0", "t0"]), tolerance: 0.005);
        Assert.Equal(50, prior.Worth, tolerance: 20);
    }

    [Fact]
    public void A_group_that_was_hardly_tried_is_drawn_to_the_rate_of_all()
    {
        var items = Enumerable.Range(0, Items).Select(i => Drawn(i, i % 2 == 0 ? 0.04 : 0.06, worth: 200)).Append(new GroupedTrials(1, 1, ["p9", null]));
        Assert.InRange(HierarchicalPrior.Fit([.. items], 2)!.MeanOf(["p9", null]), 0.04, 0.1);
    }

    [Fact]
    public void Of_nothing_nothing_is_fitted()
    {
        Assert.Null(HierarchicalPrior.Fit([], 0));
        Assert.Null(HierarchicalPrior.Fit([new(1, 10, []), new(0, 0, [])], 0));
        Assert.Null(HierarchicalPrior.Fit([new(0, 10, []), new(0, 5, [])], 0));
    }

    private static GroupedTrials Drawn(int item, double mean, double worth)
    {
        var rate = BetaPosterior.Draw(worth * mean, worth * (1 - mean), 1, (ulong)item);
        var successes = Enumerable.Range(0, Trials).Count(trial => Philox.ToUnit(Philox.Draw(2, (ulong)item, (ulong)trial).First) < rate);
        return new GroupedTrials(successes, Trials, ["p" + (item % 2), "t" + (item / 2 % 5)]);
    }
}
