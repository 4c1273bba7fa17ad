using Millrace.Demo;
using Millrace.Tests.World;
using Millrace.World;
using Millrace.World.Clicks;
using Millrace.World.Run;

namespace Millrace.Tests.Demo;

public sealed class DemoWorldTests
{
    [Theory]
    [InlineData("position")]
    [InlineData("cascade")]
    [InlineData("dbn")]
    public async Task Even_counting_clicks_and_impressions_beats_chance_within_a_minute_of_the_demo_s_world(string model)
    {
        // What the demo promises to show must be in its world, not in its drawing: the same world, a ranker that counts and no more.
        var world = new SyntheticWorld(new DemoOptions { ClickModel = ClickModels.Named(model) }.World);
        var trend = (await VirtualAudience.RunAsync(new VirtualAudience(), world, TimeSpan.FromSeconds(60))).Trend;
        var (first, last) = (Together(trend.Take(5)), Together(trend.TakeLast(20)));
        Assert.True(last.Expected / last.Random > 2, $"{last}");
        Assert.True(last.ShareOfTheWay > first.ShareOfTheWay + 0.05, $"{first} {last}");
        TestContext.Current.TestOutputHelper!.WriteLine($"{model} first {first} last {last}");
    }

    private static TrendBin Together(IEnumerable<TrendBin> bins) => bins.Aggregate(default(TrendBin), TrendBin.Add);
}
