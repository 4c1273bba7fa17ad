using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

public sealed class LadderTests
{
    private static readonly ImmutableSortedDictionary<string, string> France =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("country", "fr");

    /// <summary>Nothing but the lists decides: no limits, no pins.</summary>
    private static readonly Policy Plain = DecisionHarness.Home with { AtMost = DecisionHarness.Home.AtMost.Clear(), Pins = [] };

    private readonly DecisionHarness _harness = new DecisionHarness().Fill();

    public static TheoryData<int, bool, int> Patience => new()
    {
        { 0, true, 0 }, { 50, true, 0 }, { 51, true, 1 }, { 75, true, 1 }, { 76, true, 2 }, { 100, true, 2 }, { 101, true, 3 }, { 101, false, 4 },
    };

    [Theory]
    [MemberData(nameof(Patience))]
    public void The_more_of_the_time_is_spent_the_lower_the_rung_step_by_step(int spent, bool inFrance, int rung)
    {
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(spent)).Decide(In(inFrance, "d"));
        Assert.Equal(rung, decided.Rung);
        Assert.Equal(rung == 0 ? [] : ["timeout"], decided.Degraded);
        Assert.Equal(6, decided.Slots[0].Items.Length);
        Assert.Equal(rung >= 2 ? ["features"] : [], decided.Inputs!.Skipped);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    [Fact]
    public void On_the_second_rung_fewer_candidates_are_ranked()
    {
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(60), Plain, new DeciderOptions { FewerCandidates = 8 }).Decide(In(false, "d"));
        Assert.Equal((1, 8), (decided.Rung, decided.CandidateCount));
    }

    [Theory]
    [MemberData(nameof(Patience))]
    public void The_callers_candidates_are_all_that_is_shown_on_any_rung(int spent, bool inFrance, int rung)
    {
        string[] offered = ["i39", "stranger", "i38", "i0", "i12"];
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(spent)).Decide(
            In(inFrance, "d") with { Candidates = [.. offered.Select(id => DecisionHarness.Candidate(id))] });
        Assert.Equal(rung, decided.Rung);
        Assert.Equal(offered.Order(), decided.Slots[0].Items.Select(item => item.Item).Order());
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
        if (rung >= 3)
        {
            // What the list knows comes first, in its order; the rest in the caller's.
            Assert.Equal(["i0", "i12", "i39", "stranger", "i38"], decided.Slots[0].Items.Select(item => item.Item));
            Assert.All(decided.Slots[0].Items, item => Assert.False(item.Explorable));
        }
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("expired")]
    [InlineData("deleted")]
    [InlineData("excluded")]
    [InlineData("seen")]
    public void When_none_of_the_callers_candidates_may_be_shown_the_slate_is_empty_and_says_why(string why)
    {
        _harness.Put("expired", item => item with { Expires = UnixMicros.Now(_harness.Clock) - TimeSpan.FromSeconds(1) });
        _harness.Put("deleted", item => item);
        _harness.Put("deleted", item => item with { Deleted = true });
        _harness.Folder.Freeze(UnixMicros.Now(_harness.Clock));
        _harness.Persons.Observe(_harness.Click("mine", "seen"));
        foreach (int spent in (int[])[0, 60, 101])
        {
            Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(spent)).Decide(In(false, $"{why}-{spent}") with
            {
                Session = "mine",
                Candidates = why == "nothing" ? [] : [DecisionHarness.Candidate(why)],
                Exclude = ["excluded"],
            });
            Assert.Empty(Assert.Single(decided.Slots).Items);
            Assert.Contains("noCandidates", decided.Degraded);
            Assert.DoesNotContain("shortSlate", decided.Degraded);
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
        }
    }

    [Fact]
    public void A_pin_that_the_caller_did_not_offer_is_not_shown()
    {
        Decided without = _harness.Decider().Decide(DecisionHarness.Ask("d1") with { Candidates = [.. Offered("i20", "i21")] });
        Assert.DoesNotContain(without.Slots[0].Items, item => item.Item == "i5");
        Decided with = _harness.Decider().Decide(DecisionHarness.Ask("d2") with { Candidates = [.. Offered("i20", "i5", "i21")] });
        Assert.Equal(("i5", false), (with.Slots[0].Items[1].Item, with.Slots[0].Items[1].Explorable));
    }

    [Fact]
    public void A_segments_list_is_what_the_segment_clicked_most()
    {
        var clicks = Enumerable.Range(0, 200).Where(i => i % 2 == 0).CountBy(i => $"i{i * 7 % 13 * (i % 3)}").ToDictionary();
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(101), Plain with { ExcludeSeen = false }).Decide(In(true, "d"));
        Assert.Equal((3, "fr"), (decided.Rung, decided.Segment));
        int[] shown = [.. decided.Slots[0].Items.Select(item => clicks[item.Item])];
        Assert.Equal([.. clicks.Values.OrderDescending().Take(6)], shown);
        Assert.All(decided.Slots[0].Items, item => Assert.Equal(1u << (int)CandidateSourceKind.SegmentList, item.Sources));
    }

    [Fact]
    public void When_every_rung_fails_the_record_says_that_nothing_was_ranked_and_replays_to_that()
    {
        // Places beyond what an array can have: the ranking fails on each rung, with candidates at hand.
        Decided decided = _harness.Decider().Decide(
            DecisionHarness.Ask("d") with { Slots = [new RequestSlot("a", int.MaxValue, []), new RequestSlot("b", int.MaxValue, [])] });
        Assert.Equal(["rankingFailed"], decided.Degraded);
        Assert.True(decided.CandidateCount > 0);
        Assert.Equal(["features", "ranking"], decided.Inputs!.Skipped);
        Assert.Equal(["a", "b"], decided.Slots.Select(slot => slot.Slot));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    [Fact]
    public void A_decision_that_fails_before_its_candidates_does_not_record_those_of_the_one_before()
    {
        Decider decider = _harness.Decider(new DeciderOptions { RememberedBytes = 0 });
        decider.Decide(DecisionHarness.Ask("d1") with { Candidates = [.. Offered("private")] });
        Decided decided = decider.Decide(DecisionHarness.Ask("d2") with { Candidates = [null!] });
        Assert.Empty(decided.Inputs!.Candidates);
        Assert.Equal(["candidatesFailed"], decided.Degraded);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    [Fact]
    public void Where_persons_cannot_be_read_everybody_is_nobody_and_the_answer_says_so()
    {
        Decided nobody = _harness.Decider().Decide(DecisionHarness.Ask("d1") with { Session = "nobody" });
        Decided decided = _harness.Decider(persons: new FailingPersons()).Decide(DecisionHarness.Ask("d1"));
        Assert.Equal(["personUnknown"], decided.Degraded);
        Assert.Equal(nobody.Inputs!.Candidates, decided.Inputs!.Candidates);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
    }

    [Fact]
    public void A_pin_behind_an_empty_place_moves_up_and_the_answer_says_so()
    {
        Policy policy = Plain with { Pins = [new Pin("main", 3, "i5")] };
        Decided moved = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d1") with { Candidates = [.. Offered("i20", "i5")] });
        Assert.Equal(["i20", "i5"], moved.Slots[0].Items.Select(item => item.Item));
        Assert.Equal(["pinMoved", "shortSlate"], moved.Degraded);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(moved, policy).Verdict);
        Decided stood = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d2") with { Candidates = [.. Offered("i20", "i21", "i5")] });
        Assert.Equal("i5", stood.Slots[0].Items[2].Item);
        Assert.Equal(["shortSlate"], stood.Degraded);
    }

    private static IEnumerable<RequestCandidate> Offered(params string[] ids) => ids.Select(id => DecisionHarness.Candidate(id));

    private static DecideRequest In(bool france, string id) =>
        DecisionHarness.Ask(id) with { Session = "nobody", Context = france ? France : France.Clear() };

    private sealed class FailingPersons : IPersonStore
    {
        public void Observe(in StoredFact stored)
        {
        }

        public void Read(string tenant, string? user, string? session, PersonBuffer into) => throw new InvalidOperationException("The store is away");

        public void Forget(string tenant, string? user, string? session)
        {
        }

        public IReadOnlyList<string> SessionsOf(string tenant, string user) => [];

        public void ForgetErased()
        {
        }
    }
}
