using Millrace.Flywheel;
using Millrace.Journal;

namespace Millrace.Tests.Flywheel;

public sealed class SpentTokensTests
{
    private static readonly UnixMicros Start = new(1_800_000_000 * UnixMicros.PerSecond);
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private static DeliveryToken Token(int i) => new("default", "d" + i, "item", 1, Start + Life);

    [Fact]
    public void A_second_event_of_the_same_type_is_a_replay()
    {
        var spent = new SpentTokens(Life, 100);
        Assert.True(spent.TrySpend(Token(1), "click", "e1", Start));
        Assert.False(spent.TrySpend(Token(1), "click", "e2", Start));
    }

    [Fact]
    public void A_retry_of_the_same_event_is_not_a_replay()
    {
        var spent = new SpentTokens(Life, 100);
        Assert.True(spent.TrySpend(Token(1), "click", "e1", Start));
        Assert.True(spent.TrySpend(Token(1), "click", "e1", Start + TimeSpan.FromHours(23)));
    }

    [Fact]
    public void Each_type_and_each_decision_may_spend_once()
    {
        var spent = new SpentTokens(Life, 100);
        Assert.True(spent.TrySpend(Token(1), "click", "e1", Start));
        Assert.True(spent.TrySpend(Token(1), "dwell", "e2", Start));
        Assert.True(spent.TrySpend(Token(2), "click", "e3", Start));
    }

    [Fact]
    public void A_use_is_remembered_for_a_whole_life()
    {
        var spent = new SpentTokens(Life, 1000);
        for (var hour = 0; hour < 72; hour++)
        {
            Assert.True(spent.TrySpend(Token(hour), "click", "e" + hour, Start + TimeSpan.FromHours(hour)));
            for (var earlier = Math.Max(0, hour - 23); earlier < hour; earlier++)
            {
                Assert.False(spent.TrySpend(Token(earlier), "click", "again", Start + TimeSpan.FromHours(hour)));
            }
        }
    }

    [Fact]
    public void The_bound_holds_and_is_counted_when_hit()
    {
        var spent = new SpentTokens(Life, 10);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(spent.TrySpend(Token(i), "click", "e" + i, Start));
        }

        Assert.True(spent.DroppedEarly >= 85);
    }
}
