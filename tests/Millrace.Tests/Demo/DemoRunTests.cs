using Millrace.Demo;
using Spectre.Console;

namespace Millrace.Tests.Demo;

[Collection(nameof(AloneCollection))]
public sealed class DemoRunTests
{
    [Fact]
    public async Task Its_own_node_personalises_within_ten_seconds_and_beats_chance()
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var options = new DemoOptions { For = TimeSpan.FromSeconds(10), Rate = 100, Seed = 2, Port = 0 };
        var figures = await new DemoRun(options, console, TimeProvider.System).RunAsync(TestContext.Current.CancellationToken);

        var (world, client) = (figures.World, figures.Client);
        Assert.True(client is { Refused: 0, Failed: 0, TimedOut: 0, NoTurn: 0 } && world is { Undecided: 0, Missing: 0, Strangers: 0 }, $"{client} {world}");
        Assert.InRange(world.FirstPersonalised ?? TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.True(world.Total.Views > 400, $"{world.Total}");
        Assert.True(world.Total.ShareOfTheWay > 0.15, $"{world.Total}");
        Assert.True(world.Total.Clicks > 1.2 * world.Total.Random, $"{world.Total}");
        Assert.InRange(world.HitRatio, 0.5, 1);
        Assert.True(figures.JournalFacts > 8 * world.Total.Views);
        Assert.Contains("clicked ", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("TROUBLE", output.ToString(), StringComparison.Ordinal);
    }
}
