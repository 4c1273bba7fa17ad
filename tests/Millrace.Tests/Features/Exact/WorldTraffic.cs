using Millrace.World;
using Millrace.World.Audience;
using Millrace.World.Client;
using Millrace.World.Items;
using Millrace.World.Run;

namespace Millrace.Tests.Features.Exact;

/// <summary>A synthetic audience at a node: items are born and die, visitors look, click and come back.</summary>
internal static class WorldTraffic
{
    private const double Acceleration = 60;
    private const double ViewsPerSecond = 250;

    /// <summary>Runs until enough was decided.</summary>
    public static async Task RunAsync(KilledNode node, int decisions)
    {
        using var http = new HttpMessageInvoker(node, disposeHandler: false);
        var client = new WorldClient(http, new WorldClientOptions { Api = new Uri("http://node"), Deadline = TimeSpan.FromMinutes(2), MaxInFlight = 16 }, TimeProvider.System);
        var world = new SyntheticWorld(new WorldOptions
        {
            Items = new ItemOptions { Live = 150, Lifetime = TimeSpan.FromHours(2) },
            Audience = new AudienceOptions { Users = 400, ViewsPerSecond = ViewsPerSecond / Acceleration },
        });
        var run = new WorldRun(
            world, client, new WorldRunOptions { RunId = "w", BodyUrl = item => $"/items/{item.Id}", Acceleration = Acceleration, MaxVisits = 300 }, TimeProvider.System);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = run.RunAsync(enough.Token);
        while (!running.IsCompleted && node.Decisions < decisions)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, enough.Token));
        }

        enough.Cancel();
        await running;
        Assert.True(node.Decisions >= decisions, $"{node.Decisions} decisions; {client.Counts.LastFault}");
    }
}
