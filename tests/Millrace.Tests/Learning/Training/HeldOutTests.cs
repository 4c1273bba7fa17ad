using Millrace.Learning.Training;
using Millrace.Learning.Training.Calibration;

namespace Millrace.Tests.Learning.Training;

public sealed class HeldOutTests
{
    [Fact]
    public void What_is_scored_alike_earns_the_mean_of_all_orders_not_that_of_the_order_that_was_shown()
    {
        var held = new HeldOut();
        foreach (var label in (float[])[1, 0, 0, 0])
        {
            held.Test.Add(new Scored(0.5, label, 1));
            held.Decisions.Add(7);
        }

        // The one that is relevant stands first in a quarter of all orders.
        Assert.Equal(0.25, held.Metrics("lambdarank")["ndcg@1"], 12);
    }
}
