using CsCheck;
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

    [Fact]
    public void Where_nothing_was_tried_twice_groups_are_not_told_apart()
    {
        // A single success in a group of one trial is no reason to believe in a rate of 3 in 4 for all of that group.
        GroupedTrials[] items = [.. Enumerable.Range(0, 40).Select(i => new GroupedTrials(i % 4 == 0 ? 1 : 0, 1, [$"p{i}", null]))];
        var prior = HierarchicalPrior.Fit(items, 2)!;
        Assert.Equal(prior.Mean, prior.MeanOf(["p0", null]), tolerance: 1e-3);
        Assert.Equal(1_000_000, prior.Worth);
    }

    [Fact]
    public void More_successes_than_trials_are_as_many_trials()
    {
        var prior = HierarchicalPrior.Fit([new(5, 2, ["a"]), new(1, 10, ["b"])], 1)!;
        Assert.Equal(6.0 / 15, prior.Mean, tolerance: 1e-12);
        Assert.InRange(prior.MeanOf(["a"]), prior.Mean, 1);
    }

    [Fact]
    public void Whatever_is_counted_a_prior_is_one_that_can_be_drawn_from() => Gen.Select(
        Gen.OneOf(Gen.Double[0, 3], Gen.Int[0, 40].Select(count => (double)count), Gen.Const(1e-12), Gen.Const(1e9)),
        Gen.OneOf(Gen.Double[0, 3], Gen.Int[0, 40].Select(count => (double)count), Gen.Const(1e-12), Gen.Const(1e9)),
        Gen.Int[0, 3], Gen.Int[0, 2]).Array[0, 30].Sample(drawn =>
    {
        GroupedTrials[] items = [.. drawn.Select(one => new GroupedTrials(one.Item1, one.Item2, [one.Item3 == 0 ? null : $"p{one.Item3}", $"t{one.Item4}"]))];
        if (HierarchicalPrior.Fit(items, 2) is not { } prior) return;
        Assert.InRange(prior.Worth, 1, 1_000_000);
        foreach (var groups in items.Select(item => item.Groups).Append(["new", null]))
        {
            double mean = prior.MeanOf(groups);
            Assert.InRange(mean, 1e-9, 1 - 1e-9);
            Assert.InRange(BetaPosterior.Draw(prior.Worth * mean, prior.Worth * (1 - mean), 1, 1), 0, 1);
        }
    });

    private static GroupedTrials Drawn(int item, double mean, double worth)
    {
        var rate = BetaPosterior.Draw(worth * mean, worth * (1 - mean), 1, (ulong)item);
        var successes = Enumerable.Range(0, Trials).Count(trial => Philox.ToUnit(Philox.Draw(2, (ulong)item, (ulong)trial).First) < rate);
        return new GroupedTrials(successes, Trials, ["p" + (item % 2), "t" + (item / 2 % 5)]);
    }
}
