using CsCheck;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
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
    public void With_a_pool_each_source_counts_what_it_adds_and_the_pool_bounds_all()
    {
        var harness = new SourceHarness(SourceHarness.Of(Popular with { Take = 2 }, Recent with { Take = 3 }, Recent with { Take = 100 }) with { Pool = 7 });
        foreach (int item in (int[])[0, 0, 1, 8]) harness.Event("u", item);
        Assert.Equal(["i0", "i1", "i2", "i3", "i4", "i5", "i6"], harness.Gather().Select(found => found.Item));
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

    private delegate void Gathers(in SourceRequest request, CandidateSink sink);

    private sealed class Planted(Gathers gathers) : ICandidateSource
    {
        public void Gather(in SourceRequest request, CandidateSink sink) => gathers(request, sink);
    }
}
