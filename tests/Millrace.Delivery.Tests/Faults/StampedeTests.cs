using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Faults;

/// <summary>Many clients at once, on real sockets: the origin sees each object once.</summary>
public class StampedeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thousand_requests_for_one_expired_object_make_one_origin_request(bool hasValidator)
    {
        TaskCompletionSource asked = new(), answer = new();
        var isFirst = true;
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            if (isFirst)
            {
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n{(hasValidator ? "ETag: \"v1\"\r\n" : "")}\r\nhello");
                return;
            }

            asked.TrySetResult();
            await answer.Task;
            Assert.Equal(hasValidator ? "\"v1\"" : "", request["If-None-Match"]);
            await connection.SendAsync(hasValidator
                ? "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: \"v1\"\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nHELLO");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.GetAsync("/a");
        isFirst = false;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        var replies = Enumerable.Range(0, 1000).Select(_ => edge.GetAsync("/a")).ToArray();
        await asked.Task;
        await WireEdge.UntilAsync(() => edge.Plane.Core.InFlight == 1000);
        answer.SetResult();
        Assert.All(await Task.WhenAll(replies), reply => Assert.Equal((200, hasValidator ? "hello" : "HELLO"), (reply.Status, reply.Text)));
        Assert.Equal(2, origin.Requests);
    }

    [Fact]
    public async Task Empty_cache_under_load_asks_at_most_1_05_times_for_each_object()
    {
        const int Objects = 2000, Clients = 200, Requests = 100;
        ConcurrentDictionary<string, int> asked = new();
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            asked.AddOrUpdate(request.Target, 1, static (_, count) => count + 1);
            var body = $"the whole of {request.Target}";
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nCache-Control: max-age=3600\r\n\r\n{body}");
        });
        await using var edge = await WireEdge.StartAsync(origin);

        // Zipf with exponent 1 over the objects: what rank a draw means, by its sum of weights.
        var sums = new double[Objects];
        for (var (i, sum) = (0, 0.0); i < Objects; i++)
        {
            sums[i] = sum += 1.0 / (i + 1);
        }

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var random = new Random(client);
            using var connection = await edge.ConnectAsync();
            for (var i = 0; i < Requests; i++)
            {
                var rank = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
                var target = "/" + (rank < 0 ? ~rank : rank).ToString(CultureInfo.InvariantCulture);
                await connection.SendAsync($"GET {target} HTTP/1.1\r\nHost: site.example\r\n\r\n");
                var reply = await connection.ReadReplyAsync();
                Assert.Equal((200, $"the whole of {target}"), (reply.Status, reply.Text));
            }
        }));
        Assert.InRange(asked.Count, 1000, Objects);
        Assert.InRange(asked.Values.Sum(), asked.Count, (int)(asked.Count * 1.05));
    }

    [Fact]
    public async Task Uncacheable_answer_to_a_stampede_releases_all_at_once_and_not_one_after_another()
    {
        using SemaphoreSlim together = new(0);
        var waiting = 0;
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            // From the second on, nobody is answered before 50 have asked: one at a time would never get there.
            if (Interlocked.Increment(ref waiting) > 50)
            {
                together.Release(1000);
            }
            else if (Volatile.Read(ref waiting) > 1)
            {
                await together.WaitAsync();
            }

            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: private\r\n\r\nmine");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var replies = Enumerable.Range(0, 100).Select(_ => edge.GetAsync("/a")).ToArray();
        Assert.All(await Task.WhenAll(replies), static reply => Assert.Equal("mine", reply.Text));
        Assert.Equal(100, origin.Requests);
    }
}
