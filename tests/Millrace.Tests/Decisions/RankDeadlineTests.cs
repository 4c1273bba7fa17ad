using Millrace.Decisions;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Decisions;

public sealed class RankDeadlineTests
{
    [Fact]
    public void Time_that_runs_out_between_two_places_leaves_the_slate_to_the_lighter_scorer()
    {
        DecisionHarness harness = new DecisionHarness().Fill();
        var rankedLate = 0;
        for (int looks = 1; looks < 60; looks++)
        {
            var times = new StepTimes();
            Decided decided = harness.Decider(clock: new Jumping(harness.Clock, looks)).Decide(DecisionHarness.Ask($"d{looks}"), times);
            Assert.Equal(6, decided.Slots[0].Items.Length);
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
            if (!times.WasLate(DecisionStep.Ranking)) continue;
            Assert.Equal((int)Rung.LighterScorer, decided.Rung);
            Assert.Equal(["timeout"], decided.Degraded);
            rankedLate++;
        }

        // Each of six places looks at the clock; before ranking begins there are four looks at most that make it late.
        Assert.InRange(rankedLate, 7, 10);
    }

    /// <summary>A clock of which 98 ms pass at one look.</summary>
    private sealed class Jumping(TimeProvider clock, int at) : TimeProvider
    {
        private int _looks;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp() + (++_looks >= at ? clock.TimestampFrequency * 98 / 1000 : 0);
    }
}
