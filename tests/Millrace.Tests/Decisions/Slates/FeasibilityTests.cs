using CsCheck;
using Millrace.Decisions.Exploration;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>Limits, quotas and pins at once, against somebody who tries every slate.</summary>
public sealed class FeasibilityTests
{
    /// <summary>At most 7 candidates, 4 places and 3 quotas, nested or disjoint; a limit on one attribute that may cross them; now and then a pin.</summary>
    private static readonly Gen<SlateCase> Nested =
        from candidates in Gen.Int[1, 7]
        from places in Gen.Int[1, 4]
        from utilities in Gen.Int[0, 5].Array[candidates]
        from groups in Gen.Int[-1, 2].Array[candidates]
        from limit in Gen.Int[1, 3]
        from limited in Gen.Bool
        from values in Gen.Int[0, 3].Array[candidates]
        from quotas in Gen.Select(Gen.Int[0, 3], Gen.Int[1, 3], Gen.Int[1, 4]).Array[0, 3]
        from pinned in Gen.Int[0, 3]
        from pin in Gen.Int[0, candidates - 1]
        from pinPlace in Gen.Int[0, places - 1]
        select new SlateCase
        {
            Utilities = [.. utilities.Select(u => (double)u)],
            Places = places,
            Groups = limited ? [groups] : [],
            Limits = limited ? [limit] : [],
            Quotas = [.. quotas.Select(q => new CaseQuota(Members(values, q.Item1), q.Item2, q.Item3))],
            Pins = pinned == 0 ? [.. Enumerable.Range(0, places).Select(place => place == pinPlace ? pin : -1)] : [],
        };

    /// <summary>The same with quotas over any members, and limits on two attributes.</summary>
    private static readonly Gen<SlateCase> Crossing =
        from plain in Nested
        from more in Gen.Int[-1, 2].Array[plain.Candidates]
        from members in Gen.Bool.Array[plain.Candidates].Array[plain.Quotas.Length]
        select plain with
        {
            Groups = [.. plain.Groups, more],
            Limits = [.. plain.Limits, 1],
            Quotas = [.. plain.Quotas.Select((quota, j) => quota with { Members = [.. Enumerable.Range(0, plain.Candidates).Where(i => members[j][i])] })],
        };

    /// <summary>Without exploring, each place holds the best candidate with which all that was promised can still be kept, as found by trying everything.</summary>
    [Fact]
    public void Each_place_holds_the_best_with_which_nested_or_disjoint_quotas_can_still_be_met() => Nested.Where(IsNested).Sample(c =>
    {
        int[] promised = c.Promises();
        var prefix = new List<int>();
        foreach (Placement place in c.Sample(1))
        {
            int best = c.PinAt(prefix.Count);
            if (best < 0)
            {
                best = c.Order.Where(i => c.WithinLimits(prefix, i) && c.CanMeet([.. prefix, i], promised)).FirstOrDefault(-1);
            }

            Assert.Equal(best, place.Candidate);
            prefix.Add(place.Candidate);
        }

        Assert.True(c.Meets(prefix, promised));
    }, iter: 20_000);

    /// <summary>The same over draws: whatever is drawn, no promise is broken; and what is not met is counted.</summary>
    [Fact]
    public void No_draw_breaks_a_quota_that_can_be_met() => Gen.Select(Nested.Where(IsNested), Gen.ULong, Gen.Int[1, 5]).Sample((c, seed, top) =>
    {
        var scratch = new SlateScratch();
        int[] slate = [.. (c with { Explore = new Exploration(1, top) }).Sample(seed, scratch).Select(place => place.Candidate)];
        Assert.True(c.Meets(slate, c.Promises()));
        for (int j = 0; j < c.Quotas.Length; j++) Assert.Equal(c.Count(slate, j), scratch.Feasible.Placed(j));
    }, iter: 20_000);

    /// <summary>Where quotas cross, or two attributes are limited: limits hold all the same, and no place is left empty that a limit would have let be filled.</summary>
    [Fact]
    public void Crossing_quotas_may_end_unmet_but_limits_never_do() => Gen.Select(Crossing, Gen.ULong).Sample((c, seed) =>
    {
        var prefix = new List<int>();
        foreach (Placement place in (c with { Explore = new Exploration(0.5, 3) }).Sample(seed))
        {
            if (c.PinAt(prefix.Count) < 0)
            {
                bool any = Enumerable.Range(0, c.Candidates).Any(i => c.WithinLimits(prefix, i));
                Assert.Equal(any, place.Candidate >= 0);
                Assert.True(place.Candidate < 0 || c.WithinLimits(prefix, place.Candidate));
            }

            prefix.Add(place.Candidate);
        }
    }, iter: 20_000);

    /// <summary>How much is lost beyond what is promised: a figure of the decision record, kept from growing.</summary>
    [Fact]
    public void Of_crossing_cases_few_end_with_less_than_a_search_would_have_promised()
    {
        (int cases, int missed) = (0, 0);
        Crossing.Sample(c =>
        {
            int[] promised = c.Promises();
            int[] slate = [.. c.Sample(1).Select(place => place.Candidate)];
            Interlocked.Increment(ref cases);
            if (!c.Meets(slate, promised)) Interlocked.Increment(ref missed);
        }, iter: 20_000, seed: "0000KGfJAcV5");
        TestContext.Current.TestOutputHelper?.WriteLine($"{missed} of {cases} crossing cases end with less than can be promised");
        Assert.InRange(missed, 1, cases / 15);
    }

    [Fact]
    public void Later_quotas_give_way_to_earlier_ones_and_each_as_little_as_it_must()
    {
        var c = new SlateCase
        {
            Utilities = [9, 8, 7, 6, 5, 4],
            Places = 3,
            Quotas = [new CaseQuota([4, 5], 2, 3), new CaseQuota([2, 3], 2, 3), new CaseQuota([0], 1, 3)],
        };
        var scratch = new SlateScratch();
        Assert.Equal([2, 4, 5], c.Sample(1, scratch).Select(place => place.Candidate));
        Assert.Equal([2, 1, 0], Enumerable.Range(0, 3).Select(scratch.Feasible.Placed));
    }

    [Fact]
    public void A_quota_of_the_first_places_is_met_there_though_the_best_would_come_first()
    {
        var c = new SlateCase { Utilities = [9, 8, 7, 1, 0], Places = 4, Quotas = [new CaseQuota([3, 4], 1, 2), new CaseQuota([3, 4], 2, 4)] };
        Assert.Equal([0, 3, 1, 4], c.Sample(1).Select(place => place.Candidate));
    }

    /// <summary>Both of the first quota's candidates are of one provider, of which only one may stand beside the second quota's only candidate of it.</summary>
    [Fact]
    public void A_limit_that_crosses_a_quota_is_reckoned_with_before_it_is_too_late()
    {
        var c = new SlateCase
        {
            Utilities = [9, 8, 1],
            Places = 2,
            Groups = [[0, 1, 0]],
            Limits = [1],
            Quotas = [new CaseQuota([0, 1], 1, 2), new CaseQuota([2], 1, 2)],
        };
        Assert.Equal([1, 2], c.Sample(1).Select(place => place.Candidate));
    }

    /// <summary>As many limits as a policy and a request may have, all of them able to fill up, and as many quotas: counters are bounded, and the quotas of a policy still hold.</summary>
    [Fact]
    public void Many_limits_and_quotas_take_bounded_memory_and_the_last_quotas_are_only_counted()
    {
        const int candidates = 1_000;
        var c = new SlateCase
        {
            Utilities = [.. Enumerable.Range(0, candidates).Select(i => (double)(candidates - i))],
            Places = 20,
            Groups = [.. Enumerable.Range(0, 24).Select(limit => Enumerable.Range(0, candidates).Select(i => (i + limit) / 2).ToArray())],
            Limits = [.. Enumerable.Repeat(1, 24)],
            Quotas = [.. Enumerable.Range(0, 8).Select(j => new CaseQuota([.. Enumerable.Range(0, candidates).Where(i => i % 10 == j && i > 500)], 1, 20))],
        };
        var scratch = new SlateScratch();
        SlateProblem problem = c.Problem();
        var slate = new Placement[c.Places];
        long before = GC.GetAllocatedBytesForCurrentThread();
        SlateSampler.Sample(problem, 1, scratch, slate);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3_000_000);
        Assert.Equal([1, 1, 1, 1, 1, 0, 0, 0], Enumerable.Range(0, 8).Select(scratch.Feasible.Placed));
        Assert.All(slate, place => Assert.True(place.Candidate >= 0));
    }

    /// <summary>The greedy slate's worth to that of the best slate there is, both discounted by place; nested or disjoint quotas.</summary>
    [Fact]
    public void Greedy_slates_are_worth_nearly_what_the_best_are()
    {
        var ratios = new System.Collections.Concurrent.ConcurrentBag<double>();
        Nested.Where(IsNested).Sample(c =>
        {
            int[] promised = c.Promises();
            double best = Best(c, [], promised);
            if (best > 0) ratios.Add(Worth(c, [.. c.Sample(1).Select(place => place.Candidate)]) / best);
        }, iter: 5_000, seed: "0000KGfJAcV5");
        TestContext.Current.TestOutputHelper?.WriteLine($"mean ratio {ratios.Average():0.0000}, least {ratios.Min():0.000}, {ratios.Count(r => r > 1 - 1e-12)} of {ratios.Count} the best");
        Assert.InRange(ratios.Average(), 0.98, 1);
    }

    private static double Best(SlateCase c, List<int> prefix, int[] promised)
    {
        if (prefix.Count == c.Places) return c.Meets(prefix, promised) ? Worth(c, prefix) : double.NegativeInfinity;
        int[] choices = c.PinAt(prefix.Count) is >= 0 and var pin ? [pin] : [-1, .. Enumerable.Range(0, c.Candidates).Where(i => c.WithinLimits(prefix, i))];
        return choices.Max(choice => Best(c, [.. prefix, choice], promised));
    }

    private static double Worth(SlateCase c, IReadOnlyList<int> slate) => slate.Select((i, place) => i < 0 ? 0 : c.Utilities[i] / (place + 1)).Sum();

    /// <summary>Quota v wants candidates of value v; number 3 those of the values 0 and 1, so that 0 and 1 lie within it.</summary>
    private static int[] Members(int[] values, int wanted) => [.. Enumerable.Range(0, values.Length).Where(i => wanted == 3 ? values[i] < 2 : values[i] == wanted)];

    /// <summary>Nested as <c>Feasibility</c> means it: of two quotas that share candidates, one lies within the other with its places too.</summary>
    private static bool IsNested(SlateCase c)
    {
        foreach (CaseQuota one in c.Quotas)
        {
            foreach (CaseQuota other in c.Quotas)
            {
                bool apart = !one.Members.Intersect(other.Members).Any();
                bool within = !one.Members.Except(other.Members).Any() && one.Reach <= other.Reach;
                bool around = !other.Members.Except(one.Members).Any() && other.Reach <= one.Reach;
                if (!apart && !within && !around) return false;
            }
        }

        return true;
    }
}
