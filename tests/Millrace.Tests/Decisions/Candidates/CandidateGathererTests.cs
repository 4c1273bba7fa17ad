using CsCheck;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Numerics;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Candidates;

public sealed class CandidateGathererTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly CandidateSource Popular = new(CandidateSourceKind.Popular, 100, Hour);

    [Fact]
    public void What_several_sources_name_is_one_candidate_with_the_bits_of_all()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular, new CandidateSource(CandidateSourceKind.Recent, 3)) with { Boosts = ["i7", "nowhere"] });
        foreach (int item in (int[])[7, 7, 1, 1, 11]) harness.Event("u", item);
        Assert.Equal(
            [
                ("i7", Bits(CandidateSourceKind.Boosted, CandidateSourceKind.Popular)),
                ("i1", Bits(CandidateSourceKind.Popular, CandidateSourceKind.Recent)),
                ("i11", Bits(CandidateSourceKind.Popular)),
                ("i0", Bits(CandidateSourceKind.Recent)),
                ("i2", Bits(CandidateSourceKind.Recent)),
            ],
            harness.Gather());
    }

    [Fact]
    public void A_source_that_throws_costs_the_others_nothing()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular));
        harness.Event("u", 4);
        var plan = Plan(harness, null, new Planted(static (in SourceRequest _, CandidateSink sink) => { sink.Offer(2); throw new InvalidOperationException("planted"); }), new RecentSource());
        var found = harness.Gather(plan: plan);
        Assert.Equal(SourceHarness.Items, found.Length);
        Assert.Equal("i2", found[0].Item);
        Assert.Equal([DegradedReason.CandidatesFailed], harness.Reasons);
        Assert.Equal("planted", Assert.Single(harness.Faults).Message);
    }

    [Fact]
    public void A_slow_source_is_cut_at_its_deadline_and_keeps_what_it_gave()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular));
        var slow = new Planted((in SourceRequest _, CandidateSink sink) =>
        {
            for (int row = 0; row < SourceHarness.Items; row++)
            {
                harness.Clock.Advance(TimeSpan.FromMilliseconds(1));
                if (sink.IsPast() || !sink.Offer(row)) return;
            }
        });
        var plan = new CandidatePlan(
            [new PlannedSource(Recent with { Deadline = TimeSpan.FromMilliseconds(3.5) }, slow), new PlannedSource(Recent with { Take = 1 }, new RecentSource())],
            new CandidateFilters(SourceHarness.Of(), harness.Set), null);
        Assert.Equal(["i0", "i1", "i2"], harness.Gather(plan: plan).Select(found => found.Item));
        Assert.Equal([DegradedReason.CandidatesLate], harness.Reasons);
    }

    [Fact]
    public void All_sources_are_cut_at_the_steps_end()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular));
        var slow = new Planted((in SourceRequest _, CandidateSink sink) =>
        {
            harness.Clock.Advance(TimeSpan.FromMilliseconds(60));
            if (!sink.IsPast()) sink.Offer(5);
        });
        Assert.Equal(["i5"], harness.Gather(plan: Plan(harness, null, slow), within: TimeSpan.FromMilliseconds(80)).Select(found => found.Item));
        Assert.Empty(harness.Reasons);
        Assert.Empty(harness.Gather(plan: Plan(harness, null, slow, slow), within: TimeSpan.FromMilliseconds(50)));
        Assert.Equal([DegradedReason.CandidatesLate], harness.Reasons);
    }

    [Fact]
    public void A_slow_source_without_a_deadline_leaves_those_after_it_their_share_of_the_time()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular));
        var slow = new Planted((in SourceRequest _, CandidateSink sink) =>
        {
            while (!sink.IsPast()) harness.Clock.Advance(TimeSpan.FromMilliseconds(1));
        });
        var quick = new Planted((in SourceRequest _, CandidateSink sink) =>
        {
            harness.Clock.Advance(TimeSpan.FromMilliseconds(5));
            if (!sink.IsPast()) sink.Offer(5);
        });
        Assert.Equal(["i5"], harness.Gather(plan: Plan(harness, null, slow, slow, quick), within: TimeSpan.FromMilliseconds(60)).Select(found => found.Item));
        Assert.Equal([DegradedReason.CandidatesLate], harness.Reasons);
    }

    [Fact]
    public void A_late_scan_offers_the_nearest_of_what_it_had_scanned()
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Neighbours, 5) { Feature = "near" }));
        for (int i = SourceHarness.Items; i < 600; i++) harness.Put(i);
        harness.Event("me", 3);

        // The source begins at 1 ms and looks at 2, 3 and 4: before rows 0, 256 and 512.
        string[] found = [.. harness.Gather("me", within: TimeSpan.FromMilliseconds(2.5), clock: new Ticking(harness.Clock)).Select(one => one.Item)];
        Assert.Equal(5, found.Length);
        Assert.All(found, item => Assert.InRange(int.Parse(item[1..], null), 0, 511));
        Assert.Equal([DegradedReason.CandidatesLate], harness.Reasons);
    }

    [Fact]
    public void A_late_sum_offers_the_best_of_what_it_had_added()
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Similar, 5) { Feature = "with" }));
        foreach (var (user, pair) in (ReadOnlySpan<(string, int[])>)[("a", [1, 2]), ("b", [3, 4])])
        {
            foreach (int item in pair) harness.Event(user, item);
        }

        foreach (int item in (int[])[3, 1]) harness.Event("me", item, ago: TimeSpan.FromSeconds(4 - item));
        Assert.Equal(["i2", "i3", "i1", "i4"], harness.Gather("me").Select(one => one.Item).OrderBy(item => "i2 i3 i1 i4".IndexOf(item, StringComparison.Ordinal)));
        string[] late = [.. harness.Gather("me", within: TimeSpan.FromMilliseconds(2.5), clock: new Ticking(harness.Clock)).Select(one => one.Item)];
        Assert.NotEmpty(late);
        Assert.DoesNotContain("i2", late);
        Assert.Equal([DegradedReason.CandidatesLate], harness.Reasons);
    }

    [Fact]
    public void Lists_are_looked_through_for_the_few_that_pass()
    {
        const int Rows = 100_000;
        const int OneIn = 20;
        CandidateSource[] lists = [Popular with { Take = 300 }, Popular with { Take = 300, Segment = true }, new CandidateSource(CandidateSourceKind.Trending, 300, Hour)];
        var policy = SourceHarness.Of(lists) with { Filters = [new ValueFilter("lives", ["yes"])] };
        var harness = new SourceHarness(policy);
        for (int i = 0; i < Rows; i++)
        {
            int item = i;
            harness.Put(item, put => put with { Embedding = [], Attributes = put.Attributes.Clear().Add("lives", [item % OneIn == 0 ? "yes" : "no"]) });
            harness.Event($"u{item}", item, segment: "c1");
        }

        foreach (CandidateSource list in lists)
        {
            var found = harness.Gather(segment: "c1", plan: new CandidatePlan(policy with { Candidates = [list] }, harness.Set));
            Assert.Equal(300, found.Length);
            Assert.All(found, one => Assert.Equal(0, int.Parse(one.Item[1..], null) % OneIn));
        }

        Assert.Equal(500, harness.Gather(rung: Rung.GlobalList).Length);
        Assert.Equal(500, harness.Gather(segment: "c1", rung: Rung.SegmentList).Length);
    }

    [Fact]
    public void Sources_end_within_the_step_that_they_belong_to_on_every_rung_with_a_limit()
    {
        foreach (Rung rung in (Rung[])[Rung.Full, Rung.FewerCandidates, Rung.LighterScorer])
        {
            double Latest(DecisionStep step) => PipelineSteps.All.Single(one => one.Step == step).Latest(rung);
            Assert.InRange(PipelineSteps.SourcesUntil(rung), Latest(DecisionStep.Candidates), Latest(DecisionStep.Features));
        }
    }

    [Fact]
    public void With_a_pool_each_source_counts_what_it_adds_and_the_pool_bounds_all()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular with { Take = 2 }, Recent with { Take = 3 }, Recent with { Take = 100 }) with { Pool = 7 });
        foreach (int item in (int[])[0, 0, 1, 8]) harness.Event("u", item);
        Assert.Equal(["i0", "i1", "i2", "i3", "i4", "i5", "i6"], harness.Gather().Select(found => found.Item));
    }

    [Fact]
    public void With_a_full_pool_a_source_names_who_is_in_it_as_deep_as_it_is_and_looks_no_further()
    {
        var harness = new SourceHarness(SourceHarness.Of(Recent) with { Pool = 2 });
        int offered = 0;
        var plan = new CandidatePlan(
            [
                new PlannedSource(Recent with { Take = 2 }, new Planted(static (in SourceRequest _, CandidateSink sink) => sink.Offer([0, 1]))),
                new PlannedSource(Popular with { Take = 3 }, new Planted((in SourceRequest _, CandidateSink sink) =>
                {
                    foreach (int row in (int[])[5, 1, 6, 0, 7, 8])
                    {
                        offered++;
                        if (!sink.Offer(row)) return;
                    }
                })),
            ],
            new CandidateFilters(SourceHarness.Of(), harness.Set), pool: 2);
        uint recent = Workspace.Bit(CandidateSourceKind.Recent);
        Assert.Equal([("i0", recent), ("i1", recent | Workspace.Bit(CandidateSourceKind.Popular))], harness.Gather(plan: plan));
        Assert.Equal(3, offered);
    }

    [Fact]
    public void Fused_lists_fill_the_pool_by_the_sum_of_what_their_places_are_worth() => Gen.Select(
        Gen.Shuffle(Enumerable.Range(0, SourceHarness.Items).ToArray()), Gen.Shuffle(Enumerable.Range(0, SourceHarness.Items).ToArray()), Gen.Int[1, 12], Gen.Double[-1, 1], Gen.Int[1, 12]).Sample(
        (first, second, take, weight, pool) =>
        {
            var harness = new SourceHarness(SourceHarness.Of(Popular) with { Pool = pool });
            var plan = new CandidatePlan(
                [
                    new PlannedSource(Recent with { Take = take, Weight = 1 }, new Planted((in SourceRequest _, CandidateSink sink) => sink.Offer(first))),
                    new PlannedSource(Popular with { Take = 8, Weight = weight }, new Planted((in SourceRequest _, CandidateSink sink) => sink.Offer(second))),
                ],
                new CandidateFilters(SourceHarness.Of(), harness.Set), pool);
            var worth = new Dictionary<int, (double Score, uint Bits)>();
            Fuse(worth, first.Take(take), take, 1, CandidateSourceKind.Recent);
            Fuse(worth, second.Take(8), 8, weight, CandidateSourceKind.Popular);
            var expected = worth.OrderByDescending(row => row.Value.Score).ThenBy(row => $"i{row.Key}", StringComparer.Ordinal).Take(pool).Select(row => ($"i{row.Key}", row.Value.Bits));
            Assert.Equal(expected, harness.Gather(plan: plan));
        },
        iter: 200, threads: 1);

    [Fact]
    public void The_same_history_gives_the_same_candidates_whatever_rows_the_items_stand_in()
    {
        var policy = SourceHarness.Of(
            Popular with { Weight = 1 }, new CandidateSource(CandidateSourceKind.Similar, 9) { Feature = "with", Weight = 0.5 }, Recent with { Weight = 0.2 }) with { Pool = 8 };
        var (one, other) = (new SourceHarness(policy), new SourceHarness(policy));
        for (int i = 0; i < 40; i++) one.Event($"u{i % 5}", i * 7 % 12, ago: TimeSpan.FromSeconds(40 - i));
        for (int i = 11; i >= 0; i--) other.Put(i, item => item with { Deleted = true });
        for (int i = 20; i < 400; i++) other.Put(i);
        for (int i = 20; i < 400; i++) other.Put(i, item => item with { Deleted = true });
        for (int i = 11; i >= 0; i--) other.Put(i);
        for (int i = 0; i < 40; i++) other.Event($"u{i % 5}", i * 7 % 12, ago: TimeSpan.FromSeconds(40 - i));
        Assert.Equal(one.Gather("u2"), other.Gather("u2"));
        Assert.Equal(8, one.Gather("u2").Length);
    }

    private static CandidateSource Recent => new(CandidateSourceKind.Recent, 100);

    private static void Fuse(Dictionary<int, (double Score, uint Bits)> worth, IEnumerable<int> rows, int take, double weight, CandidateSourceKind source)
    {
        foreach (var (place, row) in rows.Index())
        {
            var (score, bits) = worth.GetValueOrDefault(row);
            worth[row] = (score + (weight * (Deterministic.Log(take + 10) - Deterministic.Log(place + 10))), bits | Bits(source));
        }
    }

    private static CandidatePlan Plan(SourceHarness harness, int? pool, params ICandidateSource[] sources) =>
        new([.. sources.Select(source => new PlannedSource(Recent, source))], new CandidateFilters(SourceHarness.Of(), harness.Set), pool);

    private static uint Bits(params CandidateSourceKind[] kinds) => kinds.Aggregate(0u, (bits, kind) => bits | (1u << (int)kind));

    /// <summary>Every look at it takes a millisecond.</summary>
    private sealed class Ticking(TimeProvider clock) : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp() + (++_looks * clock.TimestampFrequency / 1000);
    }

    private delegate void Gathers(in SourceRequest request, CandidateSink sink);

    private sealed class Planted(Gathers gathers) : ICandidateSource
    {
        public void Gather(in SourceRequest request, CandidateSink sink) => gathers(request, sink);
    }
}
