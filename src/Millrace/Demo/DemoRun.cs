using System.Net;
using Millrace.Cli;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.World;
using Millrace.World.Client;
using Millrace.World.Run;
using Spectre.Console;

namespace Millrace.Demo;

/// <summary>The whole demo: origin, node and audience started in that order, watched, and taken down in reverse.</summary>
internal sealed class DemoRun(DemoOptions options, IAnsiConsole console, TimeProvider clock)
{
    private const string ConfigFile = "millrace.yaml";
    private const int OriginPortAfterDelivery = 3;

    /// <summary>Connections to each listener at most; a browser would open six, this stands for many browsers.</summary>
    private const int MaxConnections = 64;

    /// <summary>Decisions per second are taken over this.</summary>
    private static readonly TimeSpan _recent = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan _redraw = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _lineEvery = TimeSpan.FromSeconds(5);

    private readonly Queue<(TimeSpan At, long Views)> _pace = new([(TimeSpan.Zero, 0)]);

    /// <summary>Runs until the time is up or <paramref name="stop"/>.</summary>
    /// <returns>The last look.</returns>
    /// <exception cref="NodeStartException">The node cannot be started.</exception>
    public async Task<DemoFigures> RunAsync(CancellationToken stop)
    {
        var data = options.Keep ? Path.GetFullPath(DemoOptions.KeptDirectory) : Directory.CreateTempSubdirectory("millrace-demo-").FullName;
        try
        {
            return await RunInAsync(data, stop);
        }
        catch (NodeStartException taken) when (taken.Code == ExitCode.PortInUse)
        {
            throw new NodeStartException(taken.Code, $"{taken.Message} Another demo or node may be running: `millrace demo --port 0` takes free ports.", taken);
        }
        finally
        {
            if (!options.Keep)
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    private async Task<DemoFigures> RunInAsync(string data, CancellationToken stop)
    {
        using var journal = new JournalGauge();
        await using var origin = await DemoOrigin.StartAsync(options.Port == 0 ? 0 : options.Port + OriginPortAfterDelivery, stop);
        var config = Path.Combine(data, ConfigFile);
        Directory.CreateDirectory(data);
        await File.WriteAllTextAsync(config, DemoConfig.Text(data, origin.Url, options.Port), stop);
        await using var node = await MillraceNode.StartAsync(new ConfigSource(config, new Dictionary<string, string>(), []), clock, stop);
        var keys = node.Services.Keys;
        var (apiKey, adminKey) = (keys.Create(KeyScope.Api, "default"), keys.Create(KeyScope.Admin, "default"));
        try
        {
            Print(DemoGuide.Lines(node, origin, apiKey, adminKey, config));
            return await VisitAsync(node, origin, journal, apiKey, stop);
        }
        finally
        {
            // The keys were printed for this demo; a kept directory must not collect them.
            foreach (var secret in (ReadOnlySpan<string>)[apiKey, adminKey])
            {
                keys.Revoke(keys.Verify(secret)!.Id);
            }
        }
    }

    private async Task<DemoFigures> VisitAsync(MillraceNode node, DemoOrigin origin, JournalGauge journal, string apiKey, CancellationToken stop)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = MaxConnections,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
        });
        var client = new WorldClient(http, new WorldClientOptions { Api = node.Api.Url, Delivery = node.Delivery.Url, Key = apiKey }, clock);
        var run = new WorldRun(new SyntheticWorld(options.World), client, new WorldRunOptions
        {
            RunId = $"demo-{clock.GetUtcNow().ToUnixTimeMilliseconds():x}",
            BodyUrl = item => new Uri(node.Delivery.Url, $"items/{item.Id}").ToString(),
            Surface = DemoConfig.Surface,
            Acceleration = DemoOptions.Acceleration,
        }, clock);
        using var end = options.For is { } span ? new CancellationTokenSource(span, clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, end.Token);
        var running = run.RunAsync(either.Token);
        DemoFigures Look() => Figures(run.Report(), client.Counts, journal, origin);
        await WatchAsync(Look, running, either.Token);
        await running;
        var figures = Look();
        Print(DemoView.Summary(figures));
        return figures;
    }

    private async Task WatchAsync(Func<DemoFigures> look, Task running, CancellationToken stop)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal)
        {
            while (await PauseAsync(running, _lineEvery, stop))
            {
                Print([DemoView.Line(look())]);
            }

            return;
        }

        await console.Live(DemoView.Table(look())).StartAsync(async live =>
        {
            while (await PauseAsync(running, _redraw, stop))
            {
                live.UpdateTarget(DemoView.Table(look()));
            }
        });
    }

    /// <summary>Waits; false when the run has ended meanwhile.</summary>
    private async Task<bool> PauseAsync(Task running, TimeSpan span, CancellationToken stop)
    {
        await Task.WhenAny(running, Task.Delay(span, clock, stop));
        return !running.IsCompleted && !stop.IsCancellationRequested;
    }

    private DemoFigures Figures(WorldReport world, ClientCounts client, JournalGauge journal, DemoOrigin origin)
    {
        _pace.Enqueue((world.Elapsed, world.Total.Views));
        while (_pace.Count > 2 && world.Elapsed - _pace.Peek().At > _recent)
        {
            _pace.Dequeue();
        }

        var (at, views) = _pace.Peek();
        var pace = world.Elapsed > at ? (world.Total.Views - views) / (world.Elapsed - at).TotalSeconds : 0;
        return new DemoFigures(world, client, pace, journal.Facts, journal.Bytes, origin.Requests);
    }

    private void Print(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // As plain text, unwrapped: a wrapped curl call cannot be pasted.
            console.Profile.Out.Writer.WriteLine(line);
        }

        console.Profile.Out.Writer.Flush();
    }
}
