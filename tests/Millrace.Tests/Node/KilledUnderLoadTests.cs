using Millrace.Tests.Journal;

namespace Millrace.Tests.Node;

/// <summary>
/// A node with a disk tier that is killed, or loses its power, under load: after each start whatever it serves is what the origin can have said since the last
/// purge that was acknowledged, and much of it comes warm from the disk. <c>tests/disk-node/run</c> does it as often as one likes.
/// </summary>
public sealed class KilledUnderLoadTests : IDisposable
{
    private const int Clients = 6;
    private const int Objects = 60;
    private const int BodiesARound = 400;
    private const int PurgesARound = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private string? _adminKey;
    private int _served;
    private int _warm;
    private int _purged;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_DISK_ROUNDS"), out var rounds) ? rounds : 2;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Killed_under_load_a_node_with_a_disk_serves_right_bodies_warm_and_nothing_that_was_purged()
    {
        await using var origin = await VersionedOrigin.StartAsync(Objects, Now);
        for (var round = 0; round <= Rounds; round++)
        {
            using var node = await UpAsync(_folder, origin);
            await LoadUntilAsync(node, origin, round, static () => true, node.KillAsync);
        }

        Report("kills");
    }

    [Fact]
    public async Task Power_cut_under_load_leaves_a_node_that_serves_right_bodies_and_nothing_that_was_purged()
    {
        using var disk = new ScratchDisk();
        await using var origin = await VersionedOrigin.StartAsync(Objects, Now);

        // Of bodies a cut keeps what reached the disk with a removal, or by itself.
        for (var round = 0; round <= Rounds; round++)
        {
            using var node = await UpAsync(disk.Root, origin);
            await LoadUntilAsync(node, origin, round, disk.HasPower, async () =>
            {
                disk.CutPower();
                await node.KillAsync();
            });
            disk.Restart();
        }

        Report("power cuts");
    }

    private void Report(string what)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} {what}: {_served} bodies right, {_purged} purges acknowledged, {_warm} of {Objects * Rounds} first asks warm from disk");
        Assert.True(_served >= (Rounds + 1) * BodiesARound, $"{_served} bodies");
        Assert.True(_purged >= (Rounds + 1) * PurgesARound, $"{_purged} purges");
        Assert.True(_warm > 0 || what != "kills", "nothing was warm");
    }

    private async Task<NodeProcess> UpAsync(string folder, VersionedOrigin origin)
    {
        var node = await NodeProcess.UpAsync(
            Path.Combine(folder, "data"), origin.Url, _adminKey, $"cache.disk={Path.Combine(folder, "cache")}", "cache.diskBytes=64MiB");
        _adminKey = node.AdminKey;
        return node;
    }

    /// <summary>Asks for everything once, then loads and purges until enough was served, and ends the node while all that goes on.</summary>
    private async Task LoadUntilAsync(NodeProcess node, VersionedOrigin origin, int round, Func<bool> isAlive, Func<Task> endAsync)
    {
        await node.UntilAsync(static progress => progress == 1, "millrace_delivery_disk_rebuild");
        for (var number = 0; number < Objects; number++)
        {
            _warm += await AskAsync(node, origin, number) ? 1 : 0;
        }

        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (bodies, purges) = (0, 0);
        Task[] load =
        [
            .. Enumerable.Range(0, Clients).Select(client => UntilGoneAsync(new Random((round * Clients) + client), async random =>
            {
                await AskAsync(node, origin, random.Next(Objects));
                if (Interlocked.Increment(ref bodies) >= BodiesARound && Volatile.Read(ref purges) >= PurgesARound)
                {
                    enough.TrySetResult();
                }
            })),
            UntilGoneAsync(new Random(round), async random =>
            {
                var number = random.Next(Objects);
                var version = origin.Change(number);
                await node.PurgeAsync(random.Next(2) == 0 ? $$"""{"urls": ["http://{{NodeProcess.Host}}/{{number}}"], "wait": "edges"}""" : $$"""{"keys": ["n{{number}}"], "wait": "edges"}""");

                // What is said after the power has gone is no promise: no processor could have said it.
                if (isAlive())
                {
                    origin.Purged(number, version);
                    Interlocked.Increment(ref _purged);
                    Interlocked.Increment(ref purges);
                }
            }),
        ];
        await Task.WhenAny(enough.Task, Task.WhenAll(load)).WaitAsync(Now);
        await endAsync();
        await Task.WhenAll(load);
    }

    /// <summary>Whether the answer, which must be right, came from the disk.</summary>
    private async Task<bool> AskAsync(NodeProcess node, VersionedOrigin origin, int number)
    {
        var least = origin.Least(number);
        var (body, status) = await node.GetAsync($"/{number}");
        Assert.True(origin.MaySay(number, least, body), $"/{number}: {body.Length} bytes that the origin cannot have said since version {least}: {status}");
        Interlocked.Increment(ref _served);
        return status.Contains("detail=disk", StringComparison.Ordinal);
    }

    private static async Task UntilGoneAsync(Random random, Func<Random, Task> act)
    {
        try
        {
            while (true)
            {
                await act(random);
            }
        }
        catch (HttpRequestException)
        {
            // The node is gone.
        }
    }
}
