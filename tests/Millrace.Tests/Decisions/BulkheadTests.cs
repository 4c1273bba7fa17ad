using Millrace.Decisions;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Features.Online;
using Millrace.Journal;
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
    public void Those_who_are_refused_wait_for_no_store()
    {
        Decider decider = null!;
        Decided refused = null!;
        var persons = new CountingPersons(_harness.Persons);
        bool asked = false;
        decider = new Decider(
            new DeciderOptions { TenantDecisions = 1 },
            _harness.Clock,
            new ServingTable(new Serving(
                PolicySet.Create([DecisionHarness.Home], [new Surface("home", "home", [new Slot("main", 6)])], DecisionHarness.Set),
                () =>
                {
                    if (!asked)
                    {
                        asked = true;
                        refused = decider.Decide(DecisionHarness.Ask("inner"));
                        Assert.Equal(0, persons.Reads);
                    }

                    return _harness.Folder.Current;
                },
                persons)));
        decider.Decide(DecisionHarness.Ask("outer"));
        Assert.Equal((4, 1), (refused.Rung, persons.Reads));
        Assert.Equal(["bulkheadFull"], refused.Degraded);
    }

    [Fact]
    public void Of_two_at_one_place_one_enters_and_in_the_end_nobody_is_inside()
    {
        var bulkhead = new Bulkhead();
        using var together = new Barrier(2);
        int both = 0, neither = 0, refused = 0;
        void Run(ref int mine, ref int others)
        {
            for (int i = 0; i < 2_000; i++)
            {
                together.SignalAndWait(TestContext.Current.CancellationToken);
                bool entered = bulkhead.TryEnter(1);
                Volatile.Write(ref mine, entered ? 1 : 2);
                together.SignalAndWait(TestContext.Current.CancellationToken);
                int sum = Volatile.Read(ref mine) + Volatile.Read(ref others);
                if (sum == 2) Interlocked.Increment(ref both);
                if (sum == 4) Interlocked.Increment(ref neither);
                if (!entered) Interlocked.Increment(ref refused);
                together.SignalAndWait(TestContext.Current.CancellationToken);
                if (entered) bulkhead.Leave();
            }
        }

        int first = 0, second = 0;
        var other = new Thread(() => Run(ref second, ref first));
        other.Start();
        Run(ref first, ref second);
        other.Join();
        Assert.Equal((0, 0, 2_000), (both, neither, refused));
        Assert.Equal(0, bulkhead.Under);
    }

    private Decider Decider(int surface, int tenant, Func<FeatureSnapshot> snapshot) => new(
        new DeciderOptions { TenantDecisions = tenant },
        _harness.Clock,
        new ServingTable(new Serving(
            PolicySet.Create([DecisionHarness.Home], [new Surface("home", "home", [new Slot("main", 6)]) { AtOnce = surface }], DecisionHarness.Set), snapshot, _harness.Persons)));

    private sealed class CountingPersons(IPersonStore inner) : IPersonStore
    {
        internal int Reads { get; private set; }

        public void Observe(in StoredFact stored) => inner.Observe(stored);

        public void Read(string tenant, string? user, string? session, PersonBuffer into)
        {
            Reads++;
            inner.Read(tenant, user, session, into);
        }

        public void Forget(string tenant, string? user, string? session) => inner.Forget(tenant, user, session);

        public IReadOnlyList<string> SessionsOf(string tenant, string user) => inner.SessionsOf(tenant, user);

        public void ForgetErased() => inner.ForgetErased();
    }
}
