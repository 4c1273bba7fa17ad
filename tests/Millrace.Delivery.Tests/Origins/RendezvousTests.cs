using CsCheck;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>Where objects have their home: what moves when members come and go, and how full a home gets.</summary>
public class RendezvousTests
{
    private static readonly Gen<ulong[]> Members = Gen.ULong.Array[2, 20].Where(static members => members.Distinct().Count() == members.Length);

    [Fact]
    public void Member_that_leaves_moves_its_own_keys_alone_each_to_the_next_of_its_ranking() =>
        Gen.Select(Members, Gen.Int[1, 9].Array[20], Gen.ULong.Array[50]).Sample(static (members, weights, keys) =>
        {
            var leaves = members.Length / 2;
            ulong[] rest = [.. members.Where((_, i) => i != leaves)];
            double[] all = [.. weights.Take(members.Length).Select(static weight => (double)weight)];
            double[] restWeights = [.. all.Where((_, i) => i != leaves)];
            foreach (var key in keys)
            {
                int[] before = [.. Ranking(key, members, all).Where(index => index != leaves)];
                int[] after = [.. Ranking(key, rest, restWeights).Select(index => index < leaves ? index : index + 1)];
                Assert.Equal(before, after);
            }
        });

    [Fact]
    public void Homes_are_shared_by_weight()
    {
        ulong[] members = [.. Enumerable.Range(0, 4).Select(static i => Rendezvous.Seed($"http://shield-{i}/"))];
        double[] weights = [1, 1, 2, 4];
        var homes = new int[4];
        for (ulong key = 0; key < 40_000; key++)
        {
            homes[Ranking(key * 0x9E3779B97F4A7C15, members, weights)[0]]++;
        }

        for (var i = 0; i < 4; i++)
        {
            // Five standard deviations of a binomial.
            var share = weights[i] / weights.Sum();
            Assert.InRange(homes[i], (40_000 * share) - (5 * Math.Sqrt(40_000 * share * (1 - share))), (40_000 * share) + (5 * Math.Sqrt(40_000 * share * (1 - share))));
        }
    }

    [Fact]
    public void No_member_takes_more_than_its_bounded_share_whatever_the_keys() =>
        Gen.Select(Members, Gen.Int[1, 9].Array[20], Gen.Int[1, 5].Array[200], Gen.Double[1.01, 3]).Sample(static (members, weights, hotness, factor) =>
        {
            double[] all = [.. weights.Take(members.Length).Select(static weight => (double)weight)];
            var inHand = new int[members.Length];
            for (var sent = 0; sent < hotness.Length; sent++)
            {
                // A few keys are nearly all of the load.
                var ranking = Ranking((ulong)hotness[sent], members, all);
                var home = ranking.FirstOrDefault(index => inHand[index] < Rendezvous.Capacity(factor, sent, all[index], all.Sum()), -1);
                Assert.True(home >= 0, "somebody always has room");
                inHand[home]++;
                Assert.True(inHand[home] <= Math.Ceiling(factor * (sent + 1) * all[home] / all.Sum()));
            }
        });

    private static int[] Ranking(ulong key, ulong[] members, double[] weights)
    {
        var ranking = new int[members.Length];
        Rendezvous.Rank(key, members, weights, ranking);
        return ranking;
    }
}
