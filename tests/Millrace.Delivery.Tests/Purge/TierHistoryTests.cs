using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests.Purge;

/// <summary>
/// Random histories of two edges and a shield on real sockets: pages change, purges of all kinds are acknowledged by one edge or the other, and each node's
/// feed comes as far as it happens to. No node that has acknowledged a purge gives a body that is older than it, to a request that came after.
/// </summary>
public class TierHistoryTests
{
    private const int Paths = 3;
    private const int Nodes = 3;

    private enum Kind
    {
        Change,
        PurgeUrl,
        PurgeTag,
        PurgePrefix,
        Obey,
        Get,
        GetRange,
        GetBoth,
        PurgeWhileAsked,
    }

    [Theory]
    [InlineData("shared")]
    [InlineData("own")]
    [InlineData("none")]
    public async Task No_body_older_than_an_acknowledged_purge_is_served_after_it(string shieldFeed)
    {
        var step = Gen.Select(Gen.Int[0, 8].Select(static i => (Kind)i), Gen.Int[0, Paths - 1], Gen.Int[0, Nodes - 1], Gen.Bool);
        await step.Array[10, 60].SampleAsync(steps => RunAsync(steps, shieldFeed), iter: 25, threads: 1);
    }

    private static async Task RunAsync((Kind Kind, int Path, int Node, bool Soft)[] steps, string shieldFeed)
    {
        History history = new();
        await history.StartAsync(shieldFeed);
        await using (history)
        {
            for (var at = 0; at < steps.Length; at++)
            {
                await history.StepAsync(steps[at].Kind, steps[at].Path, steps[at].Node, steps[at].Soft, $"step {at}");
            }
        }
    }

    private sealed class History : IAsyncDisposable
    {
        private readonly SharedOrders _orders = new();
        private readonly List<(long Offset, int[] Versions)> _purged = [];
        private readonly int[] _versions = new int[Paths];
        private readonly int[][] _least = [new int[Paths], new int[Paths], new int[Paths]];
        private readonly long[] _obeyed = new long[Nodes];
        private TierNode[] _nodes = [];

        public async Task StartAsync(string shieldFeed)
        {
            var shield = await TierNode.ShieldAsync(Page, shieldFeed switch { "shared" => new HeldFeed(_orders, "shared"), "own" => new HeldFeed(new SharedOrders(), "own"), _ => null });
            _nodes = [await TierNode.EdgeAsync("first", shield, new HeldFeed(_orders, "shared")), await TierNode.EdgeAsync("second", shield, new HeldFeed(_orders, "shared")), shield];
        }

        public async Task StepAsync(Kind kind, int path, int node, bool soft, string at)
        {
            switch (kind)
            {
                case Kind.Change:
                    Interlocked.Increment(ref _versions[path]);
                    break;
                case Kind.Obey:
                    await ObeyAsync(node);
                    break;
                case Kind.Get:
                    Judge(await GetAsync(node, path), node, path, _least[node][path], at);
                    break;
                case Kind.GetRange:
                    Judge(await GetAsync(node, path, ("Range", "bytes=5000-5003")), node, path, _least[node][path], at);
                    break;
                case Kind.GetBoth:
                    var replies = await Task.WhenAll(GetAsync(0, path), GetAsync(1, path));
                    Judge(replies[0], 0, path, _least[0][path], at);
                    Judge(replies[1], 1, path, _least[1][path], at);
                    break;
                case Kind.PurgeWhileAsked:
                    // Asked before: that answer may be as old as purges acknowledged by then allow.
                    var least = _least[node][path];
                    var asked = GetAsync(node, path);
                    Interlocked.Increment(ref _versions[path]);
                    Purge(Kind.PurgeUrl, path, soft: false);
                    await ObeyAsync(node);
                    Judge(await asked, node, path, least, at);
                    Judge(await GetAsync(node, path), node, path, _least[node][path], at + " after");
                    break;
                default:
                    Purge(kind, path, soft);
                    break;
            }
        }

        /// <summary>Names objects; their versions at this moment are what a node that obeys must not go below.</summary>
        private void Purge(Kind kind, int path, bool soft)
        {
            PurgeRequest purge = kind switch
            {
                Kind.PurgeUrl => new() { Urls = [$"http://{TierNode.Site}{PathOf(path)}"], Soft = soft },
                Kind.PurgeTag => new() { Keys = [$"t{path % 2}"], Soft = soft },
                _ => new() { Prefixes = [$"http://{TierNode.Site}/p"], Soft = soft },
            };
            var named = Enumerable.Range(0, Paths).Select(other => kind switch { Kind.PurgeUrl => other == path, Kind.PurgeTag => other % 2 == path % 2, _ => true } ? Volatile.Read(ref _versions[other]) : 0);
            _purged.Add((_orders.Add(purge), [.. named]));
        }

        private async Task ObeyAsync(int node)
        {
            if (_nodes[node].Feed is not { Name: "shared" })
            {
                return;
            }

            var end = _orders.End;
            await _nodes[node].ObeyAsync(end);
            foreach (var (_, versions) in _purged.Where(purge => purge.Offset >= _obeyed[node]))
            {
                for (var path = 0; path < Paths; path++)
                {
                    _least[node][path] = Math.Max(_least[node][path], versions[path]);
                }
            }

            _obeyed[node] = end;
        }

        /// <summary>A whole that is put together of slices is cut when its origin has another by now; then nothing was given.</summary>
        private async Task<Reply?> GetAsync(int node, int path, params (string Name, string Value)[] fields)
        {
            try
            {
                return await _nodes[node].GetAsync(_nodes[2], PathOf(path), fields);
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }

        private static void Judge(Reply? reply, int node, int path, int least, string at)
        {
            if (reply is null)
            {
                return;
            }

            Assert.True(reply.Status is 200 or 206, $"{at}: {reply.Status} {reply.CacheStatus}");
            var version = int.Parse(reply.Text.AsSpan(0, 4), CultureInfo.InvariantCulture);
            Assert.True(version >= least, $"{at}: node {node} gives {PathOf(path)} in version {version} after a purge of {least - 1} and older was acknowledged: {reply.CacheStatus}");
        }

        private static string PathOf(int path) => $"/p{path}";

        /// <summary>Ten thousand bytes that say the version wherever one looks.</summary>
        private Task Page(HttpContext context)
        {
            var path = context.Request.Path.Value![^1] - '0';
            var version = Volatile.Read(ref _versions[path]).ToString("D4", CultureInfo.InvariantCulture);
            context.Response.Headers.CacheControl = "max-age=31536000, stale-if-error=0";
            context.Response.Headers["Surrogate-Key"] = $"t{path % 2}";
            return Results.Bytes(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(version, 2_500))), "text/plain", enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{version}\"")).ExecuteAsync(context);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var node in _nodes)
            {
                await node.DisposeAsync();
            }
        }
    }
}
