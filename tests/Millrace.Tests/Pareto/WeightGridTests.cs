using Millrace.Node;
using Millrace.Pareto;

namespace Millrace.Tests.Pareto;

public sealed class WeightGridTests
{
    [Theory]
    [InlineData(2, 10, 11)]
    [InlineData(3, 10, 66)]
    [InlineData(4, 5, 56)]
    public void Every_way_to_share_the_spread_comes_once(int heads, int steps, int count)
    {
        double[] weights = [.. Enumerable.Range(0, heads).Select(head => head == 1 ? -2.0 : 1)];
        double[] spreads = [.. Enumerable.Range(0, heads).Select(head => Math.Pow(10, head - 1))];
        double[][] all = [.. WeightGrid.Shares(weights, [.. Enumerable.Range(0, heads)], spreads, steps)];
        Assert.Equal(count, all.Length);
        Assert.Equal(count, WeightGrid.Count(heads, steps));
        Assert.Equal(count, all.Select(one => string.Join(',', one)).Distinct().Count());
        var whole = weights.Zip(spreads).Sum(pair => Math.Abs(pair.First) * pair.Second);
        Assert.All(all, one =>
        {
            Assert.InRange(one.Zip(spreads).Sum(pair => Math.Abs(pair.First) * pair.Second) / whole, 0.999, 1.001);
            Assert.True(one[1] <= 0);
        });
    }

    [Fact]
    public void A_head_that_is_not_swept_keeps_its_weight() =>
        Assert.All(WeightGrid.Shares([1, 7, 0], [0, 2], [1, 1, 4], 4), weights => Assert.Equal(7, weights[1]));

    [Fact]
    public void A_file_of_weights_names_what_changes()
    {
        Assert.Equal([[1, 5], [2, -3]], WeightGrid.Read("f", """[{"hide": 5}, {"click": 2, "hide": -3}]""", ["click", "hide"], [1, -1]));
        Assert.Contains("there is no head 'hid'; is 'hide' meant?", Assert.Throws<NodeStartException>(() => WeightGrid.Read("f", """[{"hid": 5}]""", ["click", "hide"], [1, -1])).Message, StringComparison.Ordinal);
        Assert.Contains("expected a list of weights", Assert.Throws<NodeStartException>(() => WeightGrid.Read("f", "{", ["click"], [1])).Message, StringComparison.Ordinal);
        Assert.Contains("expected 1 to 500 weightings; got 0", Assert.Throws<NodeStartException>(() => WeightGrid.Read("f", "[]", ["click"], [1])).Message, StringComparison.Ordinal);
    }
}
