using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

public sealed class DeciderTests
{
    private static readonly Policy Home = DecisionHarness.Home;

    private readonly DecisionHarness _harness = new();

    [Fact]
    public void Random_decisions_replay_identical_and_tampered_ones_do_not()
    {
        _harness.Fill();
        Decider decider = Decider();
        int asked = 0;
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 39].Array[0, 5]).Sample(
            (session, exclude) =>
            {
                Decided decided = decider.Decide(Ask($"d{asked++}") with { Session = $"s{session}", Exclude = [.. exclude.Distinct().Select(i => $"i{i}")] });
                if (decided.Inputs is not { } inputs) return;
                Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
                int changed = inputs.Candidates.IndexOf(decided.Slots[0].Items[0].Item) * inputs.Features.Length;
                DecisionInputs tampered = inputs with { Matrix = inputs.Matrix.SetItem(changed, inputs.Matrix[changed] + 1) };
                Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(decided with { Inputs = tampered }, Home).Verdict);
            },
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void A_slate_keeps_to_its_limits_pins_and_exclusions()
    {
        _harness.Fill();
        Decided decided = Decider().Decide(Ask("d1") with { Exclude = ["i1", "i2"] });
        DecidedItem[] items = [.. decided.Slots[0].Items];
        Assert.Equal(6, items.Length);
        Assert.Equal("i5", items[1].Item);
        Assert.DoesNotContain(items, item => item.Item is "i1" or "i2");
        Assert.All(items.CountBy(item => _harness.Folder.Current.Find(item.Item)!.Provider!), pair => Assert.True(pair.Value <= 2));
        Assert.Empty(decided.Degraded);
        Assert.Equal([decided], _harness.Written);
    }

    [Fact]
    public void The_same_id_gives_the_same_answer_and_another_request_under_it_a_conflict()
    {
        _harness.Fill();
        Decider decider = Decider();
        Decided first = decider.Decide(Ask("same"));
        _harness.Fill();
        Assert.Equal(first.Slots, decider.Decide(Ask("same")).Slots);
        Assert.Throws<DecisionConflictException>(() => decider.Decide(Ask("same") with { Session = "other" }));
        Assert.Single(_harness.Written);
    }

    [Fact]
    public void Own_clicks_count_at_the_next_decision_and_are_not_shown_again()
    {
        _harness.Fill();
        StoredFact click = _harness.Click("fresh-session", "i7");
        _harness.Persons.Observe(click);
        Decided decided = Decider().Decide(Ask("d2") with { Session = "fresh-session" });
        Assert.DoesNotContain(decided.Slots[0].Items, item => item.Item == "i7");
        Assert.Equal([1L], decided.UserAhead);
    }

    [Fact]
    public void An_empty_catalogue_gives_an_empty_slate_with_its_reason()
    {
        _harness.Folder.Freeze(UnixMicros.Now(_harness.Clock));
        Decided decided = Decider().Decide(Ask("d3"));
        Assert.Empty(decided.Slots[0].Items);
        Assert.Equal(["noCandidates", "emptyCatalogue"], decided.Degraded);
        Assert.Equal(4, decided.Rung);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void A_catalogue_of_which_filters_let_nothing_pass_is_not_called_empty()
    {
        _harness.Fill();
        Decided decided = _harness.Decider(policy: Home with { Filters = [new ValueFilter("topic", ["none"])] }).Decide(Ask("d3"));
        Assert.Empty(decided.Slots[0].Items);
        Assert.Equal(["noCandidates", "allFiltered"], decided.Degraded);
    }

    [Fact]
    public void Without_time_the_global_list_answers()
    {
        _harness.Fill();
        Decided decided = _harness.Slow(TimeSpan.FromMilliseconds(101)).Decide(Ask("d4"));
        Assert.Equal(4, decided.Rung);
        Assert.Contains("timeout", decided.Degraded);
        Assert.Equal(6, decided.Slots[0].Items.Length);
        Assert.All(decided.Slots[0].Items, item => Assert.False(item.Explorable));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void In_apprentice_mode_the_baseline_is_returned()
    {
        _harness.Fill();
        Decided decided = Decider().Decide(Ask("d5") with { Mode = DecideMode.Apprentice, Slots = [new RequestSlot("main", 2, ["i9", "unknown"])] });
        Assert.Equal(["i9", "unknown"], decided.Slots[0].Items.Select(item => item.Item));
        Assert.All(decided.Slots[0].Items, item => Assert.Equal(1, item.Propensity));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, Home).Verdict);
    }

    [Fact]
    public void An_unknown_surface_is_an_error_of_its_own() =>
        Assert.Throws<UnknownSurfaceException>(() => Decider().Decide(Ask("d6") with { Surface = "nowhere" }));

    private static DecideRequest Ask(string id) => DecisionHarness.Ask(id);

    private Decider Decider() => _harness.Decider();
}
