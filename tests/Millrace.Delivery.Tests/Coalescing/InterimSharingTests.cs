using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Coalescing;

/// <summary>RFC 9110 §15.2: a proxy MUST forward interim responses, to all who wait for the answer that they come before.</summary>
public class InterimSharingTests
{
    [Fact]
    public async Task Every_waiter_of_a_shared_fetch_gets_every_interim_response_in_order()
    {
        TaskCompletionSource hinted = new(), answer = new();
        await using var origin = new WireOrigin(async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
            await hinted.Task;
            await connection.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n");
            await answer.Task;
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nhello");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        List<WireConnection> clients = [];
        for (var i = 0; i < 20; i++)
        {
            // Half come before the second hint, half behind it: all get both.
            clients.Add(await edge.ConnectAsync());
            await clients[i].SendAsync("GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n");
            await WireEdge.UntilAsync(() => edge.Plane.Core.InFlight == i + 1);
            if (i == 10)
            {
                hinted.SetResult();
            }
        }

        foreach (var client in clients)
        {
            Assert.Equal((103, "</a.css>"), await HintAsync(client));
            Assert.Equal((103, "</b.css>"), await HintAsync(client));
        }

        answer.SetResult();
        foreach (var client in clients)
        {
            Assert.Equal((200, "hello"), await client.ReadReplyAsync() is var reply ? (reply.Status, reply.Text) : default);
            client.Dispose();
        }

        Assert.Equal(1, origin.Requests);
        Assert.Equal(200, (await edge.GetAsync("/a")).Status);
    }

    [Fact]
    public async Task Waiter_that_does_not_take_its_hints_holds_up_nobody_and_loses_none()
    {
        FakeTimeProvider time = new();
        using DeliveryMeters meters = new(static () => 0, static () => 0, static () => 0, static () => 0, static () => 0);
        FlightTable flights = new(new PurgeLog(10, time));
        HeadWait heads = new(TimeSpan.FromSeconds(10), flights, meters, time);
        Flight flight = new(default, default);
        Hinted stuck = new() { Gate = new TaskCompletionSource() }, quick = new();
        var slow = heads.ForAsync(new Exchange(stuck, new CacheName("edge"), time), new Boarding(flight, false, false), patient: false, CancellationToken.None);
        var fast = heads.ForAsync(new Exchange(quick, new CacheName("edge"), time), new Boarding(flight, false, false), patient: false, CancellationToken.None);
        for (var i = 0; i < 8; i++)
        {
            HeaderList fields = new();
            fields.Add("Link", $"</{i}>");
            var given = flight.Interims.GiveAsync(103, fields);
            Assert.True(given.IsCompletedSuccessfully);
            await given;
        }

        FlightResult.Failed result = new(DeliveryReason.OriginError, 500);
        flight.Land(result);
        Assert.Same(result, await fast.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Range(0, 8).Select(static i => $"</{i}>"), quick.Taken);
        Assert.False(slow.IsCompleted);
        stuck.Gate.SetResult();
        Assert.Same(result, await slow.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(quick.Taken, stuck.Taken);
    }

    private static async Task<(int Status, string Link)> HintAsync(WireConnection client)
    {
        var head = (await client.ReadHeadAsync().AsTask().WaitAsync(WireEdge.Patience))!.Value;
        return (int.Parse(head.Start.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), head.Fields.Find(static field => field.Item1 == "Link").Item2);
    }

    /// <summary>Takes hints, the first of which it may be stuck with.</summary>
    private sealed class Hinted : IResponseWriter
    {
        public TaskCompletionSource? Gate { get; init; }

        public List<string> Taken { get; } = [];

        public bool Started => false;

        public async ValueTask InformAsync(int status, HeaderList headers, CancellationToken cancellationToken)
        {
            await (Gate?.Task ?? Task.CompletedTask);
            Taken.Add(headers.First("Link")!);
        }

        public void Start(int status, HeaderList headers) => throw new NotSupportedException();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask WriteAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void End(HeaderList trailers) => throw new NotSupportedException();

        public ValueTask FlushAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Abort() => throw new NotSupportedException();
    }
}
