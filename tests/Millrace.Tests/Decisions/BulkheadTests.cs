using Millrace.Decisions;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Online;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

public sealed class BulkheadTests
{
    private readonly DecisionHarness _harness = new DecisionHarness().Fill();

    [Theory]
    [InlineData(1, 0, 2, 0, 4, 4)]
    [InlineData(2, 0, 2, 0, 0, 4)]
    [InlineData(0, 1, 2, 0, 4, 4)]
    [InlineData(0, 0, 2, 0, 0, 0)]
    public void Who_finds_a_bulkhead_full_is_answered_from_the_lists_at_once(int surface, int tenant, int depth, params int[] rungs)
    {
        // A decision that is asked for while another one reads its snapshot is under way beside it.
        var inner = new List<Decided>();
        var left = depth;
        Decider decider = null!;
        FeatureSnapshot Read()
        {
            if (left-- > 0) inner.Insert(0, decider.Decide(DecisionHarness.Ask($"inner{left}") with { Session = "nobody" }));
            return _harness.Folder.Current;
        }

        decider = Decider(surface, tenant, Read);
        Decided outer = decider.Decide(DecisionHarness.Ask("outer") with { Session = "nobody" });
        Assert.Equal(rungs, (int[])[outer.Rung, .. inner.Select(decided => decided.Rung)]);
        foreach (Decided decided in (Decided[])[outer, .. inner])
        {
            Assert.Equal(decided.Rung > 0 ? ["bulkheadFull"] : [], decided.Degraded);
            Assert.Equal(6, decided.Slots[0].Items.Length);
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home).Verdict);
        }

        // Everybody has left: the next one finds room.
        Assert.Equal(0, decider.Decide(DecisionHarness.Ask("later")).Rung);
    }

    [Fact]
    public void A_decision_that_fails_leaves_its_place()
    {
        var fail = true;
        Decider decider = Decider(1, 1, () => fail ? throw new InvalidOperationException("no snapshot") : _harness.Folder.Current);
        Assert.Throws<InvalidOperationException>(() => decider.Decide(DecisionHarness.Ask("d1")));
        fail = false;
        Assert.Equal(0, decider.Decide(DecisionHarness.Ask("d2")).Rung);
    }

    [Fact]
    public async Task Never_more_are_inside_than_may_be_and_in_the_end_nobody()
    {
        var bulkhead = new Bulkhead(3);
        int inside = 0, most = 0, refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (!bulkhead.TryEnter())
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                int now = Interlocked.Increment(ref inside);
                int seen = Volatile.Read(ref most);
                while (now > seen && Interlocked.CompareExchange(ref most, now, seen) is var was && was != seen) seen = was;
                Interlocked.Decrement(ref inside);
                bulkhead.Leave();
            }
        })));
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, bulkhead.Under);
    }

    private Decider Decider(int surface, int tenant, Func<FeatureSnapshot> snapshot) => new(
        new DeciderOptions { TenantDecisions = tenant },
        _harness.Clock,
        new ServingTable(new Serving(
            PolicySet.Create([DecisionHarness.Home], [new Surface("home", "home", [new Slot("main", 6)]) { AtOnce = surface }], DecisionHarness.Set), snapshot, _harness.Persons)));
}
