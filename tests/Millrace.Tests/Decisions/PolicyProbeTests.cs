using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Tests.Decisions.Slates;

namespace Millrace.Tests.Decisions;

/// <summary>What a policy would have given to recorded slates: of the one that decided, exactly what was logged.</summary>
public sealed class PolicyProbeTests
{
    private static readonly ImmutableArray<Policy> Policies =
    [
        DecisionHarness.Home,
        .. SlateRecordTests.Policies,
        .. SlateRecordTests.Policies.Select(policy => policy with { Heads = TwoHeads, Objectives = Weights(1, 0.5), Blend = policy.Blend.Clear(), Pins = [new Pin("main", 6, "i39"), new Pin("main", 1, "i3")] }),
    ];

    private static ImmutableSortedDictionary<string, Head> TwoHeads => ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal)
        .Add("click", new FeatureHead("clicks_1h"))
        .Add("dwell", new FeatureHead("fresh"));

    public static TheoryData<int> Each => [.. Enumerable.Range(0, Policies.Length)];

    [Theory]
    [MemberData(nameof(Each))]
    public void The_policy_that_decided_gives_what_was_logged_to_the_bit(int which)
    {
        var harness = new DecisionHarness().Fill();
        var decider = harness.Decider(policy: Policies[which]);
        var probe = new PolicyProbe(Policies[which], MemoryModelShelf.Empty);
        for (int i = 0; i < 100; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Session = $"s{i % 10}",

                // Some slates end short, and pins stand behind the places that stayed empty.
                Candidates = i % 4 == 0 ? [DecisionHarness.Candidate("i3"), DecisionHarness.Candidate("i4"), DecisionHarness.Candidate("i39"), DecisionHarness.Candidate("i5")] : default,
            });
            Assert.Equal(ProbeRefusal.None, probe.Read(decided, Policies[which]));
            var propensities = new double[probe.Slate.Length];
            var all = new double[propensities.Length * probe.Candidates];
            probe.Propensities(probe.Weights.AsSpan(), propensities, all);
            DecidedItem[] items = [.. decided.Slots.SelectMany(slot => slot.Items)];
            int[] filled = [.. Enumerable.Range(0, propensities.Length).Where(place => probe.Slate[place] >= 0)];
            Assert.Equal(items.Select(item => item.Item), filled.Select(place => decided.Inputs!.Candidates[probe.Slate[place]]));
            Assert.Equal(items.Select(item => BitConverter.DoubleToInt64Bits(item.Propensity)), filled.Select(place => BitConverter.DoubleToInt64Bits(propensities[place])));
            for (int place = 0; place < propensities.Length; place++)
            {
                double[] row = all[(place * probe.Candidates)..((place + 1) * probe.Candidates)];
                Assert.Equal(probe.Slate[place] < 0 ? 0 : 1, row.Sum(), 1e-9);
                if (probe.Slate[place] >= 0) Assert.Equal(propensities[place], row[probe.Slate[place]]);
            }
        }
    }

    [Fact]
    public void Other_weights_give_what_a_decider_of_them_would()
    {
        Policy home = DecisionHarness.Home with { Heads = TwoHeads, Objectives = Weights(1, 0), Blend = DecisionHarness.Home.Blend.Clear() };
        Policy other = home with { Objectives = Weights(0.1, 4) };
        var harness = new DecisionHarness().Fill();
        var (decider, asked, own) = (harness.Decider(policy: home), new PolicyProbe(home, MemoryModelShelf.Empty), new PolicyProbe(other, MemoryModelShelf.Empty));
        int different = 0;
        for (int i = 0; i < 50; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}"));
            Assert.Equal(ProbeRefusal.None, asked.Read(decided, home));
            Assert.Equal(ProbeRefusal.None, own.Read(decided, home));
            var (mine, others) = (new double[6], new double[6]);
            asked.Propensities([0.1, 4], mine);
            own.Propensities(own.Weights.AsSpan(), others);
            Assert.Equal(others, mine);
            different += mine.SequenceEqual(decided.Slots[0].Items.Select(item => item.Propensity)) ? 0 : 1;
        }

        Assert.InRange(different, 40, 50);
    }

    [Fact]
    public void What_says_nothing_of_a_policy_is_refused_with_its_reason()
    {
        Policy home = DecisionHarness.Home;
        Decided decided = new DecisionHarness().Fill().Decider().Decide(DecisionHarness.Ask("d"));
        var probe = new PolicyProbe(home, MemoryModelShelf.Empty);
        Assert.Equal(ProbeRefusal.Erased, probe.Read(decided with { Erased = true, Inputs = null }, home));
        Assert.Equal(ProbeRefusal.NotRecorded, probe.Read(decided with { Inputs = null }, home));
        Assert.Equal(ProbeRefusal.EngineChanged, probe.Read(decided with { Engine = 1 }, home));
        Assert.Equal(ProbeRefusal.NotOnline, probe.Read(decided with { Mode = "apprentice" }, home));
        Assert.Equal(ProbeRefusal.NotScored, probe.Read(decided with { Rung = 2 }, home));
        Assert.Equal(ProbeRefusal.Damaged, probe.Read(decided with { CandidateCount = 1 }, home));
        Assert.Equal(ProbeRefusal.Damaged, probe.Read(decided with { Slots = [new DecidedSlot("main", [decided.Slots[0].Items[0] with { Item = "nobody" }])] }, home));
        Assert.Equal(ProbeRefusal.OtherInputs, new PolicyProbe(home with { Blend = home.Blend.Add("title", 1) }, MemoryModelShelf.Empty).Read(decided, home));
        Assert.Equal(ProbeRefusal.OtherInputs, new PolicyProbe(home with { AtMost = home.AtMost.Add("topic", 1) }, MemoryModelShelf.Empty).Read(decided, home));
        Assert.Equal(ProbeRefusal.None, new PolicyProbe(home with { Blend = home.Blend.Remove("next") }, MemoryModelShelf.Empty).Read(decided, home));
    }

    private static ImmutableSortedDictionary<string, double> Weights(double click, double dwell) =>
        ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("click", click).Add("dwell", dwell);
}
