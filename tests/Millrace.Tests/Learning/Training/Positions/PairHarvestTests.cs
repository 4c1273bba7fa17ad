using Millrace.Learning.Training;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Positions;
using Millrace.Learning.Training.Slices;
using Millrace.WorldRuns;

namespace Millrace.Tests.Learning.Training.Positions;

public sealed class PairHarvestTests
{
    private static readonly TimeSlices All = new(long.MaxValue);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_every_order_as_often_as_it_is_drawn_the_ratio_is_that_of_examination(bool isLuce)
    {
        // Three items of weights 1, 2 and 3, drawn by Plackett and Luce: 60 times the probability of each order is whole. The second alone attracts; rank 2 is looked at every second time, rank 3
        // every fourth: of each order four times as many, times 100 for support.
        (ulong Weight, bool Attracts)[] items = [(1, false), (2, true), (3, false)];
        var (labels, ranks, propensities) = (new List<float>(), new List<int>(), new List<double>());
        foreach (var first in items)
        {
            foreach (var second in items.Where(item => item != first))
            {
                var third = items.Single(item => item != first && item != second);
                var left = 6 - first.Weight;
                var times = 60 * first.Weight * second.Weight / (6 * left);
                for (var time = 0; time < (int)times * 400; time++)
                {
                    labels.AddRange([first.Attracts ? 1 : 0, second.Attracts && time % 2 == 0 ? 1 : 0, third.Attracts && time % 4 == 0 ? 1 : 0]);
                    ranks.AddRange([1, 2, 3]);
                    propensities.AddRange([first.Weight / 6.0, second.Weight / (double)left, 1]);
                }
            }
        }

        var curve = await Estimate(labels, ranks, propensities, 3, isLuce ? PairDraws.Luce : PairDraws.Any);
        Assert.Equal("harvest", curve.Source);
        Assert.Equal([1, 0.5, 0.25], curve.Ranks.Select(rank => Math.Round(rank.Probability, 9)));
        Assert.All(curve.Ranks[1..], rank => Assert.True(rank.Low < rank.Probability && rank.Probability < rank.High && rank.Support >= PairHarvest.LeastSupport));
    }

    [Fact]
    public async Task What_nothing_else_could_have_replaced_tells_nothing_and_ranks_follow_the_discount()
    {
        float[] labels = [.. Enumerable.Repeat<float[]>([1, 1, 0], 5_000).SelectMany(one => one)];
        var ranks = Enumerable.Repeat<int[]>([1, 2, 3], 5_000).SelectMany(one => one).ToArray();
        var curve = await Estimate(labels, ranks, [.. labels.Select(_ => 1.0)], 3);
        Assert.Equal("discount", curve.Source);
        Assert.All(curve.Ranks[1..], rank => Assert.Equal(0, rank.Support));
        Assert.Equal(1 / Math.Log2(3), curve.At(2), 12);
        Assert.Equal(0.5, curve.At(3), 12);
        Assert.Equal(curve.At(3), curve.At(40));
    }

    [Fact]
    public async Task In_a_world_with_a_known_curve_both_ways_find_it()
    {
        Assert.SkipWhen(LightGbmLibrary.Absence is not null, LightGbmLibrary.Absence ?? "");
        var (logged, _) = new PositionWorld(5).Log(10_000);
        var settings = new TrainingSettings { Objective = "binary", Rounds = 20, CheckpointEvery = 0 };
        var em = new RegressionEm(logged, All, settings, PositionWorld.Ranks);
        await em.RunAsync(8, TestContext.Current.CancellationToken);
        var harvested = await PairHarvest.EstimateAsync(logged, All, PositionWorld.Ranks, PairDraws.Luce, 1, TestContext.Current.CancellationToken);
        for (var rank = 2; rank <= 5; rank++)
        {
            var truth = PositionWorld.Page.Examination(rank - 1);
            Assert.InRange(harvested.At(rank), truth - 0.08, truth + 0.08);
            Assert.InRange(em.Curve.At(rank), truth - 0.1, truth + 0.1);
        }
    }

    [Fact]
    public async Task With_enough_clicks_every_rank_is_within_a_fiftieth_and_intervals_hold_the_truth()
    {
        var (logged, _) = new PositionWorld(1).Log(150_000);
        var curve = await PairHarvest.EstimateAsync(logged, All, PositionWorld.Ranks, PairDraws.Luce, 1, TestContext.Current.CancellationToken);
        var truths = Enumerable.Range(0, PositionWorld.Ranks).Select(PositionWorld.Page.Examination).ToArray();
        Assert.All(curve.Ranks.Zip(truths), one => Assert.InRange(one.First.Probability, one.Second - 0.02, one.Second + 0.02));
        Assert.All(curve.Ranks, rank => Assert.True(rank.Support > 2_000, $"{rank}"));
        Assert.InRange(curve.Ranks.Zip(truths).Count(one => one.First.Low <= one.Second && one.Second <= one.First.High), 7, 10);
    }

    private static Task<ExaminationCurve> Estimate(IReadOnlyCollection<float> labels, IReadOnlyCollection<int> ranks, IReadOnlyCollection<double> propensities, int most, PairDraws draws = PairDraws.Any)
    {
        var examples = ArrayExamples.Of(["x"], new float[labels.Count], [.. labels], Enumerable.Repeat(most, labels.Count / most))
            .With(whole => whole with { Ranks = ranks.ToArray(), Propensities = propensities.ToArray() });
        return PairHarvest.EstimateAsync(examples, All, most, draws, 1, TestContext.Current.CancellationToken);
    }
}
