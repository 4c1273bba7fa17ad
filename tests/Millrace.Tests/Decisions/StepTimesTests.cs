using Microsoft.Extensions.Time.Testing;
using Millrace.Api;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Decisions;

public sealed class StepTimesTests
{
    private readonly DecisionHarness _harness = new DecisionHarness().Fill();

    [Fact]
    public void Each_step_that_was_begun_has_its_time_and_the_slow_one_has_it_all()
    {
        var times = new StepTimes();
        _harness.Slow(TimeSpan.FromMilliseconds(7)).Decide(DecisionHarness.Ask("d1"), times);
        Assert.Equal(
            [TimeSpan.FromMilliseconds(7), TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero],
            Enum.GetValues<DecisionStep>().Except([DecisionStep.FirstPhase]).Select(step => times.Of(step)!.Value));
        Assert.Equal("decide;dur=7.5, person;dur=7, candidates;dur=0, features;dur=0, ranking;dur=0, record;dur=0", ServerTiming.Of(TimeSpan.FromMilliseconds(7.5), times));
    }

    [Fact]
    public void A_step_that_would_begin_too_late_is_named_and_not_begun()
    {
        var times = new StepTimes();
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(80)).Decide(DecisionHarness.Ask("d1"), times);
        Assert.Equal(2, decided.Rung);
        Assert.Null(times.Of(DecisionStep.Features));
        Assert.True(times.WasLate(DecisionStep.Candidates));
        Assert.StartsWith("decide;dur=80, person;dur=80, candidates;desc=late;dur=0, ranking;dur=0", ServerTiming.Of(TimeSpan.FromMilliseconds(80), times), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_given_again_took_no_steps()
    {
        var times = new StepTimes();
        Decider decider = _harness.Decider();
        decider.Decide(DecisionHarness.Ask("d1"), times);
        Assert.False(times.Repeated);
        decider.Decide(DecisionHarness.Ask("d1"), times);
        Assert.True(times.Repeated);
        Assert.All(Enum.GetValues<DecisionStep>(), step => Assert.Null(times.Of(step)));
        Assert.Equal("decide;desc=repeated;dur=0.1", ServerTiming.Of(TimeSpan.FromMilliseconds(0.1), times));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(30)]
    public void Wherever_the_time_is_spent_what_was_gathered_serves_the_rungs_below(int perLook)
    {
        var whole = _harness.Decider().Decide(DecisionHarness.Ask("whole") with { Session = "nobody" }).Inputs!.Candidates;
        var times = new StepTimes();
        Decided decided = _harness.Decider(new DeciderOptions { FewerCandidates = 8 }, clock: new CostlyClock(_harness.Clock, TimeSpan.FromMilliseconds(perLook)))
            .Decide(DecisionHarness.Ask("d1") with { Session = "nobody" }, times);
        Assert.Equal(decided.Rung > 0 ? ["timeout"] : [], decided.Degraded);
        Assert.Equal(decided.Rung > 0, Enum.GetValues<DecisionStep>().Any(times.WasLate));
        if (decided.Rung < 3)
        {
            Assert.Equal(whole.Take(decided.CandidateCount), decided.Inputs!.Candidates);
        }

        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    /// <summary>Each look at it costs time.</summary>
    private sealed class CostlyClock(FakeTimeProvider inner, TimeSpan look) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp()
        {
            inner.Advance(look);
            return inner.GetTimestamp();
        }
    }
}
