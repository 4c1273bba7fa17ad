using Millrace.Soak.Content;
using Millrace.Soak.Fleet;
using Millrace.Soak.Oracle;

namespace Millrace.Soak.Chaos;

/// <summary>What happens to the fleet while it serves: purges all the time, and kills, reloads and lost members in a seeded order.</summary>
internal sealed class ChaosPlan(SoakOptions options, RunClock clock, Catalogue catalogue, SoakFleet fleet, SoakOracle oracle, PurgeBook purges)
{
    private static readonly TimeSpan BetweenPurges = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan BetweenEvents = TimeSpan.FromSeconds(4);

    private readonly List<string> _story = [];

    /// <summary>What was done, with its time.</summary>
    public IReadOnlyList<string> Story => _story;

    public int Kills { get; private set; }

    public int Reloads { get; private set; }

    public int Outages { get; private set; }

    public Task RunAsync(CancellationToken end) => Task.WhenAll(PurgeAsync(end), options.Calm ? Task.CompletedTask : EventsAsync(end));

    private async Task PurgeAsync(CancellationToken end)
    {
        Random random = new(HashCode.Combine(options.Seed, 3) & int.MaxValue);
        while (await PassedAsync(BetweenPurges * (0.5 + random.NextDouble()), end))
        {
            var (what, json, names) = Draw(random);
            var isSoft = random.Next(4) == 0;
            var body = $"{{{json}, \"mode\": \"{(isSoft ? "soft" : "hard")}\", \"wait\": \"edges\"}}";
            var sent = clock.Now;
            if (options.Plant == "purge" || ((options.EdgePurges || await ToldAsync(fleet.Shields, body, end)) && await ToldAsync(fleet.Edges, body, end)))
            {
                purges.Add(new SoakPurge(what, names, isSoft, sent, clock.Now));
                Tell($"{(isSoft ? "soft" : "hard")} purge of {what}, sent {sent:F0}");
            }
        }
    }

    private (string What, string Json, Func<SoakObject, bool> Names) Draw(Random random)
    {
        var route = SoakRoute.All[random.Next(SoakRoute.All.Length)];
        var group = random.Next(16);
        switch (random.Next(20))
        {
            case 0:
                return ($"route {route.Host}", $"\"route\": \"{route.Host}/*\"", item => item.Host == route);
            case < 4:
                var prefix = $"http://{route.Host}/p{group % 8}/";
                return ($"prefix {prefix}", $"\"prefixes\": [\"{prefix}\"]", item => item.Host == route && item.Prefix == group % 8);
            case < 8:
                return ($"key g{group}", $"\"keys\": [\"g{group}\"]", item => item.Id % 16 == group);
            default:
                HashSet<int> ids = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => catalogue.Draw(random).Id)];
                return random.Next(3) == 0
                    ? ($"keys of {string.Join(' ', ids)}", $"\"keys\": [{string.Join(", ", ids.Select(static id => $"\"o{id}\""))}]", item => ids.Contains(item.Id))
                    : ($"URLs of {string.Join(' ', ids)}", $"\"urls\": [{string.Join(", ", ids.Select(id => $"\"{catalogue[id].Url}\""))}]", item => ids.Contains(item.Id));
        }
    }

    /// <summary>Tells nodes of a purge until each has obeyed, through their restarts.</summary>
    private static async Task<bool> ToldAsync(NodeProcess[] nodes, string purge, CancellationToken end)
    {
        var told = await Task.WhenAll(nodes.Select(async node =>
        {
            while (!await node.PurgeAsync(purge))
            {
                if (!await PassedAsync(TimeSpan.FromMilliseconds(200), end))
                {
                    return false;
                }
            }

            return true;
        }));
        return Array.TrueForAll(told, static each => each);
    }

    private async Task EventsAsync(CancellationToken end)
    {
        Random random = new(HashCode.Combine(options.Seed, 5) & int.MaxValue);
        for (var turn = random.Next(4); await PassedAsync(BetweenEvents * (0.3 + random.NextDouble()), end); turn++)
        {
            switch (turn % 4)
            {
                case 0 or 2:
                    await KillAsync(random, [.. fleet.Nodes], end);
                    break;
                case 1:
                    fleet.ReloadAll();
                    oracle.Reloaded(clock.Now, fleet.Generation);
                    Reloads++;
                    Tell($"reload to generation {fleet.Generation}");
                    break;
                default:
                    await OutageAsync(random);
                    break;
            }
        }
    }

    private async Task KillAsync(Random random, NodeProcess[] nodes, CancellationToken end)
    {
        var node = nodes[random.Next(nodes.Length)];
        Tell($"kill -9 {node.Site.Name}");
        await node.KillAsync();
        await PassedAsync(TimeSpan.FromMilliseconds(random.Next(100, 1_500)), end);
        await node.StartAsync();
        Kills++;
        Tell($"{node.Site.Name} is back");
    }

    private async Task OutageAsync(Random random)
    {
        var member = random.Next(fleet.Origins.Length);
        Tell($"origin {member} goes away");
        fleet.MemberDown(member, clock.Now);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500, 3_000)));
        fleet.MemberUp(member, clock.Now);
        Outages++;
        Tell($"origin {member} is back");
    }

    private void Tell(FormattableString what)
    {
        lock (_story)
        {
            _story.Add(FormattableString.Invariant($"{clock.Now:F0} {FormattableString.Invariant(what)}"));
        }
    }

    /// <summary>Waits; false when the run ends first.</summary>
    private static async Task<bool> PassedAsync(TimeSpan time, CancellationToken end)
    {
        await Task.WhenAny(Task.Delay(time, end));
        return !end.IsCancellationRequested;
    }
}
