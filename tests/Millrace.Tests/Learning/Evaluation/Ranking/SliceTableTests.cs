using Millrace.Features.Numerics;
using Millrace.Learning.Evaluation.Ranking;

namespace Millrace.Tests.Learning.Evaluation.Ranking;

public sealed class SliceTableTests
{
    private static readonly Slice Mobile = new("device", "mobile");
    private static readonly Slice Desktop = new("device", "desktop");

    [Fact]
    public void A_slice_has_the_mean_of_its_own_lists_and_what_is_undefined_is_left_out()
    {
        var table = new SliceTable(["ndcg@10", "hitRate@10"], seed: 1);
        table.Add(1, [Mobile], [0.5, 1]);
        table.Add(2, [Mobile], [double.NaN, 0]);
        table.Add(3, [Desktop], [0.1, 0]);

        Assert.Equal(0.3, table.All("ndcg@10").Estimate().Value, 12);
        Assert.Equal(0.5, table.In(Mobile, "ndcg@10").Estimate().Value, 12);
        Assert.Equal(1, table.In(Mobile, "ndcg@10").Estimate().Support);
        Assert.Equal(2, table.In(Mobile, "hitRate@10").Estimate().Support);
        Assert.Equal(0.4, table.Gap("device", "ndcg@10").Value, 12);
    }

    [Fact]
    public void Intervals_cover_the_truth_where_the_lists_of_one_person_are_alike()
    {
        // 60 persons with 5 equal lists each: taking lists for units would cover far less than 95 %.
        var covered = 0;
        for (var world = 0UL; world < 300; world++)
        {
            var table = new SliceTable(["m"], seed: world);
            for (var person = 0UL; person < 60; person++)
            {
                var value = Philox.ToUnit(Philox.Draw(world + 1000, person, 0).First);
                for (var list = 0; list < 5; list++)
                {
                    table.Add(person, [], [value]);
                }
            }

            var found = table.All("m").Estimate();
            covered += found.Low <= 0.5 && found.High >= 0.5 ? 1 : 0;
        }

        Assert.InRange(covered, 270, 297);
    }

    [Fact]
    public void A_difference_is_paired_by_person()
    {
        var (one, other) = (new SliceTable(["m"], seed: 1), new SliceTable(["m"], seed: 1));
        for (var person = 0UL; person < 50; person++)
        {
            one.Add(person, [Mobile], [(person * 0.01) + 0.1]);
            other.Add(person, [Mobile], [person * 0.01]);
        }

        // Each person's difference is 0.1, so that no draw can give another, however much persons differ.
        foreach (var row in one.Rows(other))
        {
            Assert.Equal(0.1, row.Difference!.Value.Low, 12);
            Assert.Equal(0.1, row.Difference.Value.High, 12);
            Assert.True(row.Estimate.High - row.Estimate.Low > 0.05);
        }
    }

    [Fact]
    public void Slices_beyond_the_bound_are_told_together()
    {
        var table = new SliceTable(["m"], seed: 1, replicates: 2);
        for (var item = 0; item < SliceTable.Most + 50; item++)
        {
            table.Add(1, [new Slice("item", $"{item}")], [1]);
        }

        Assert.Equal(50, table.In(new Slice("item", SliceTable.Others), "m").Estimate().Support);
    }
}
