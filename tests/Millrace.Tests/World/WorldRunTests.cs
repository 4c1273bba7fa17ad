using Millrace.World;
using Millrace.World.Audience;
using Millrace.World.Items;

namespace Millrace.Tests.World;

public sealed class WorldRunTests
{
    private static readonly SyntheticWorld _world = new(new WorldOptions
    {
        Seed = 5,
        Items = new ItemOptions { Live = 100 },
        Audience = new AudienceOptions { Users = 300, ViewsPerSecond = 0.3 },
    });

    [Fact]
    public async Task One_seed_sends_one_stream_of_requests_to_the_byte()
    {
        var (first, second) = (new VirtualAudience(), new VirtualAudience());
        var report = await VirtualAudience.RunAsync(first, _world, TimeSpan.FromSeconds(20));
        await VirtualAudience.RunAsync(second, _world, TimeSpan.FromSeconds(20));
        Assert.True(report.Total.Views > 200);
        Assert.Equal(first.Log, second.Log);
    }

    [Fact]
    public async Task The_report_tells_a_ranker_that_learns_from_one_that_does_not()
    {
        var learning = (await VirtualAudience.RunAsync(new VirtualAudience(), _world, TimeSpan.FromSeconds(60))).Total;
        var random = (await VirtualAudience.RunAsync(new VirtualAudience(_ => new CountingRanker(learns: false)), _world, TimeSpan.FromSeconds(60))).Total;
        Assert.InRange(random.ShareOfTheWay, -0.02, 0.02);
        Assert.True(learning.ShareOfTheWay > 0.1, $"{learning.ShareOfTheWay}");
        Assert.Equal(learning.Expected, learning.Clicks, tolerance: 4 * Math.Sqrt(learning.Expected));
        Assert.Equal(random.Expected, random.Clicks, tolerance: 4 * Math.Sqrt(random.Expected));
    }

    [Fact]
    public async Task Items_are_published_as_they_are_born()
    {
        var api = new VirtualAudience();
        var report = await VirtualAudience.RunAsync(api, _world, TimeSpan.FromSeconds(60));
        // An hour of the world: five of its hundred items, which live 20 hours.
        Assert.InRange(api.Items, 104, 106);
        Assert.Equal(api.Items, report.Published);
        Assert.Contains(api.Log, line => line.StartsWith("PUT http://api.test/v1/items/item-00010", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_report_counts_what_the_caches_answered_and_when_the_first_personal_reply_came()
    {
        var report = await VirtualAudience.RunAsync(new VirtualAudience(), _world, TimeSpan.FromSeconds(20));
        Assert.Equal(0, report.Missing);
        Assert.Equal(report.Total.Views * 8, report.Bodies);
        Assert.InRange(report.HitRatio, 0.8, 1);
        Assert.NotNull(report.FirstPersonalised);
        Assert.True(report.Events >= report.Total.Views * 8 + report.Total.Clicks);
        Assert.Equal(report.Total.Views, report.Trend.Sum(bin => bin.Views));
    }

    [Fact]
    public async Task Bodies_that_never_come_cost_all_clicks_and_are_counted()
    {
        var api = new VirtualAudience
        {
            Instead = request => request.RequestUri!.Host == "delivery.test" ? new HttpResponseMessage(System.Net.HttpStatusCode.NotFound) : null,
        };
        var report = await VirtualAudience.RunAsync(api, _world, TimeSpan.FromSeconds(10), allServed: false);
        Assert.True(report.Total.Views > 50);
        Assert.Equal((0, report.Bodies), (report.Total.Clicks, report.Missing));
        Assert.Equal(0, report.Total.Expected);
        Assert.Equal(report.Total.Oracle, report.Total.Regret);
    }

    [Theory]
    [InlineData("/v1/decide")]
    [InlineData("/v1/items/")]
    public async Task A_fault_of_the_world_itself_ends_the_run_and_leaves_no_visit_behind(string path)
    {
        // What the network does is counted and survived; what no client may throw is the world's own fault. The first batch of items passes.
        var api = new VirtualAudience();
        var requests = 0;
        api.Instead = request =>
        {
            requests++;
            return request.RequestUri!.AbsolutePath.StartsWith(path, StringComparison.Ordinal) && requests > 100 ? throw new NotSupportedException(path) : null;
        };
        var running = VirtualAudience.Run(api, _world, CancellationToken.None).Running;
        for (var step = 0; step < 2400 && !running.IsCompleted; step++)
        {
            api.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        var fault = await Assert.ThrowsAsync<NotSupportedException>(() => running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(path, fault.Message);
        var until = requests;
        api.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(until, requests);
    }

    [Fact]
    public async Task A_stopped_run_ends_only_when_its_visits_have()
    {
        var api = new VirtualAudience();
        var held = new TaskCompletionSource<HttpResponseMessage>();
        var holding = 0;
        api.InsteadAsync = request => request.RequestUri!.AbsolutePath == "/v1/decide" && holding++ == 5 ? held.Task : null;
        using var stop = new CancellationTokenSource();
        var running = VirtualAudience.Run(api, _world, stop.Token).Running;
        while (holding <= 5)
        {
            api.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        await stop.CancelAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => running.WaitAsync(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken));
        held.SetResult(new HttpResponseMessage(System.Net.HttpStatusCode.ServiceUnavailable));
        await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
