using Millrace.Backtest;
using Millrace.Journal;

namespace Millrace.Tests.Backtest;

public sealed class SlateScoreTests
{
    [Fact]
    public void Hits_ranks_coverage_and_cold_start_are_as_computed_by_hand()
    {
        var score = new SlateScore();
        var now = new UnixMicros(10 * 3_600_000_000L);
        score.Add(["a", "b", "c"], "a", now, new UnixMicros(0));                    // rank 1
        score.Add(["a", "b", "c"], "c", now, now - TimeSpan.FromMinutes(59));       // rank 3, cold
        score.Add(["a", "d"], "z", now, null);                                      // absent, never seen
        score.Add([], "a", now, now - TimeSpan.FromHours(1));                       // absent, one hour old: not cold

        Assert.Equal(4, score.Scored);
        Assert.Equal(0.5, score.HitRate);
        Assert.Equal((1 + (1.0 / 3)) / 4, score.MeanReciprocalRank, 15);
        Assert.Equal((1, 1), (score.ColdScored, score.NeverSeen));
        Assert.Equal(1, score.ColdHitRate);
        Assert.Equal(0.5, score.ColdOrNeverSeenHitRate);
        Assert.Equal(0.4, score.Coverage(10));
    }

    [Fact]
    public void Nothing_scored_is_zero_not_a_fault()
    {
        var score = new SlateScore();

        Assert.Equal((0, 0, 0, 0), (score.HitRate, score.MeanReciprocalRank, score.ColdHitRate, score.Coverage(0)));
        Assert.Equal(0, score.ColdOrNeverSeenHitRate);
    }
}
