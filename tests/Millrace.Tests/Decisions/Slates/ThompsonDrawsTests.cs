using CsCheck;
using Millrace.Decisions.Exploration;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>Winners that are kept from place to place are those that a look at all candidates finds.</summary>
public sealed class ThompsonDrawsTests
{
    private const int Draws = 7;

    private static readonly Gen<SlateCase> Cases =
        from candidates in Gen.Int[3, 24]
        from places in Gen.Int[2, 8]
        from utilities in Gen.Double[-1, 1].Array[candidates]
        from levels in Gen.Int[2, 1000]
        from drawn in Gen.Int[0, 1000].Array[candidates * Draws]
        from groups in Gen.Int[-1, 3].Array[candidates]
        from members in Gen.Bool.Array[candidates]
        from need in Gen.Int[0, 3]
        from reach in Gen.Int[1, 4]
        from lambda in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 2])
        from kinships in Gen.Int[-1, 2].Array[candidates]
        select new SlateCase
        {
            Utilities = utilities,
            Places = places,
            Groups = [groups],
            Limits = [2],
            Quotas = need == 0 ? [] : [new CaseQuota([.. Enumerable.Range(0, candidates).Where(i => members[i])], need, reach)],
            Explore = new Exploration(0.3, 2) { Method = ExplorationMethod.Thompson, Draws = Draws },

            // Few levels, so that draws are often equal.
            Draws = [.. drawn.Select(value => (double)(value % levels))],
            Lambda = lambda,
            Kinships = lambda > 0 ? kinships : [],
        };

    [Fact]
    public void A_kept_winner_is_the_best_of_all_that_may_stand() => Gen.Select(Cases, Gen.ULong).Sample((c, seed) =>
    {
        SlateProblem problem = c.Problem();
        int[] slate = [.. c.Sample(seed).Select(static place => place.Candidate)];
        var kept = new SlateScratch();
        kept.Begin(problem);
        for (int place = 0; place < slate.Length && slate[place] >= 0; place++)
        {
            kept.Feasible.MoveTo(problem, place);

            // Not at every place, as when fewer than K are feasible.
            if ((seed >> place) % 3 != 0)
            {
                ThompsonDraws.CountAll(problem, kept);
                Assert.Equal(Slowly(problem, kept), kept.AllWins[..c.Candidates].ToArray());
            }

            kept.Feasible.Take(problem, slate[place], place);
            kept.Likeness.Placed(problem, slate[place]);
        }
    }, iter: 20_000);

    private static int[] Slowly(in SlateProblem problem, SlateScratch scratch)
    {
        int candidates = problem.Utilities.Length;
        var wins = new int[candidates];
        for (int draw = 0; draw < Draws; draw++)
        {
            var (best, most) = (-1, double.NegativeInfinity);
            foreach (int i in problem.Order)
            {
                if (!scratch.Feasible.Allows(problem, i)) continue;
                double value = problem.Draws[(draw * candidates) + i] - scratch.Likeness.Cost(problem, i);
                if (best < 0 || value > most) (best, most) = (i, value);
            }

            if (best >= 0) wins[best]++;
        }

        return wins;
    }
}
