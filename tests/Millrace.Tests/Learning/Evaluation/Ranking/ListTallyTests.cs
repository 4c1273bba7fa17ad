using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Tests.Learning.Evaluation.Ranking;

public sealed class ListTallyTests
{
    [Fact]
    public void Lists_worked_by_hand()
    {
        // Four items, known to 8, 4, 2 and 1 of 8 persons: 0, 1, 2 and 3 bits. The tail, 20 % of 15 actions, is the last two.
        var tally = new ListTally([8, 4, 2, 1], persons: 8, seed: 1);
        tally.Add(1, [0, 1], [0], (_, _) => 0.25);
        tally.Add(2, [0, 3], [2, 3], (_, _) => 0.75);

        Assert.Equal(3 / 4.0, tally.Coverage);
        Assert.Equal((0 + 1 + 0 + 3) / 4.0, tally.Novelty().Value, 12);
        Assert.Equal(1 / 4.0, tally.TailShare().Value, 12);
        Assert.Equal((0.75 + 0.25) / 2, tally.Diversity().Value, 12);

        // Mean popularity of lists 6 and 4.5, of profiles 8 and 1.5: (5.25 − 4.75) / 4.75.
        Assert.Equal(0.5 / 4.75, tally.PopularityLift().Value, 12);

        // Shown 0, 1, 1, 2 in order: Σ (2i − n − 1)·x = −1·1 + 1·1 + 3·2 = 6, by n·Σx = 16.
        Assert.Equal(6 / 16.0, tally.Gini(), 12);
    }

    [Fact]
    public void Gini_is_0_when_all_are_shown_alike_and_nears_1_when_one_is()
    {
        var even = new ListTally([1, 1, 1, 1], persons: 1, seed: 1);
        even.Add(1, [0, 1, 2, 3], []);
        var one = new ListTally([1, 1, 1, 1], persons: 1, seed: 1);
        one.Add(1, [2], []);

        Assert.Equal(0, even.Gini(), 12);
        Assert.Equal(0.75, one.Gini(), 12);
    }

    [Fact]
    public void Models_that_disagree()
    {
        Assert.Equal(1 / 3.0, Disagreement.Top([1, 2, 3, 9], [3, 2, 4, 9], 3), 12);
        Assert.Equal(0, Disagreement.Top([1], [1], 10));
        Assert.Equal(1, Disagreement.Pairwise([1, 2, 3], [3, 2, 1]), 12);

        // Of three pairs one is turned round, and one is tied by the second alone.
        Assert.Equal(1.5 / 3, Disagreement.Pairwise([1, 2, 3], [2, 1, 2]), 12);
        Assert.True(double.IsNaN(Disagreement.Pairwise([1, double.NaN], [1, 2])));
    }
}
