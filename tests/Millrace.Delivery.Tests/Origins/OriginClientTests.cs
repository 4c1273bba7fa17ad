using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>What goes to an origin and comes back, over which connections, and who waits for one.</summary>
public class OriginClientTests
{
    private const string Hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fields_keep_their_order_and_duplicates_both_ways()
    {
        var seen = "";
        await using RawOrigin origin = new((head, stream) =>
        {
            seen = head;
            return SayAsync(stream, "HTTP/1.1 200 OK\r\nVary: A\r\nX-One: 1\r\nvary: B\r\nX-One: caf\u00e9\r\nConnection: keep-alive, X-Hop\r\nX-Kept: k\r\nX-Hop: h\r\nContent-Length: 0\r\n\r\n");
        });
        using ClientHarness harness = new(new Uri(origin.Address, "/base/"));
        var request = ClientHarness.Request("GET", "/a?b=c", ("X-Z", "1"), ("Accept", "a"), ("X-Z", "2"));
        using var response = await harness.Client.SendAsync(harness.Route, request, request.Headers, null, Now);
        Assert.StartsWith("GET /base/a?b=c HTTP/1.1\r\nHost: site.example\r\nX-Z: 1\r\nAccept: a\r\nX-Z: 2\r\nVia: 1.1 edge\r\n", seen, StringComparison.Ordinal);
        Assert.Equal("Vary: A\r\nX-One: 1\r\nvary: B\r\nX-One: caf\u00e9\r\nX-Kept: k\r\nContent-Length: 0\r\n", Encoding.Latin1.GetString(response.Headers.Wire));
    }

    [Fact]
    public void Fields_that_connection_lists_go_wherever_they_stand()
    {
        DeliveryRequest request = new();
        foreach (var name in (string[])["Connection", "X-Kept", "X-Hop"])
        {
            request.Headers.Add(name, name == "Connection" ? "X-Hop" : "a value long enough to lie where Connection lay");
        }

        var response = request.Headers.Clone();
        UpstreamFields.Strip(request);
        HopByHop.Strip(response);
        Assert.Equal((1, 1, true, true), (request.Headers.Count, response.Count, request.Headers.Contains("X-Kept"), response.Contains("X-Kept")));
    }

    [Fact]
    public async Task Interim_responses_are_told_of_before_the_final_one()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: close\r\n\r\n" + Hello));
        using ClientHarness harness = new(origin.Address);
        List<string> told = [];
        using var response = await harness.SendAsync(interim: (status, headers) =>
        {
            told.Add($"{status} {Encoding.Latin1.GetString(headers.Wire)}");
            return ValueTask.CompletedTask;
        });
        Assert.Equal(["103 Link: </x>\r\n"], told);
        Assert.Equal("hello", await ClientHarness.ReadAsync(response));
    }

    [Fact]
    public async Task Trailers_are_there_after_the_body_but_for_those_that_would_mislead()
    {
        await using RawOrigin origin = new((_, stream) =>
            SayAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\nX-Sum: 2\r\n\r\n"));
        using ClientHarness harness = new(origin.Address);
        using var response = await harness.SendAsync();
        Assert.Null(response.Trailers);
        Assert.Equal("hello", await ClientHarness.ReadAsync(response));
        Assert.Equal("X-Sum: 1\r\nX-Sum: 2\r\n", Encoding.Latin1.GetString(response.Trailers!.Wire));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1)]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 3)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 3)]
    public async Task Connection_serves_again_where_both_sides_know_where_the_body_ended(string said, int opened)
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, said));
        using ClientHarness harness = new(origin.Address);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((200, "hello"), await harness.GetAsync());
        }

        Assert.Equal(opened, harness.Client.Stats.Endpoints.Single().Opened);
    }

    [Fact]
    public async Task Body_that_is_not_read_to_its_end_takes_its_connection_with_it()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello"));
        using ClientHarness harness = new(origin.Address);
        (await harness.SendAsync()).Dispose();
        Assert.Equal(0, harness.Client.Stats.Endpoints.Single().Open);
    }

    [Theory]
    [InlineData("GET", 2)]
    [InlineData("HEAD", 2)]
    [InlineData("DELETE", 1)]
    [InlineData("POST", 1)]
    [InlineData("PATCH", 1)]
    public async Task Safe_request_alone_is_sent_again_when_a_kept_connection_closes_under_it(string method, int times)
    {
        ConcurrentQueue<string> seen = new();
        await using RawOrigin origin = new((head, stream) =>
        {
            seen.Enqueue(head);
            if (seen.Count == 2)
            {
                stream.Socket.Close();
                return Task.CompletedTask;
            }

            return SayAsync(stream, Hello);
        });
        using ClientHarness harness = new(origin.Address);
        await harness.GetAsync();
        if (times == 2)
        {
            Assert.Equal(200, (await harness.GetAsync(method)).Status);
        }
        else
        {
            Assert.Equal(OriginFault.ClosedEarly, await harness.FaultAsync(method));
        }

        Assert.Equal(1 + times, seen.Count);
    }

    [Fact]
    public async Task First_request_of_a_connection_is_not_sent_again()
    {
        var seen = 0;
        await using RawOrigin origin = new((_, stream) =>
        {
            Interlocked.Increment(ref seen);
            stream.Socket.Close();
            return Task.CompletedTask;
        });
        using ClientHarness harness = new(origin.Address);
        Assert.Equal(OriginFault.ClosedEarly, await harness.FaultAsync());
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task Connection_that_the_server_closed_while_idle_is_not_used()
    {
        ConcurrentQueue<NetworkStream> streams = new();
        await using RawOrigin origin = new((_, stream) =>
        {
            streams.Enqueue(stream);
            return SayAsync(stream, Hello);
        });
        using ClientHarness harness = new(origin.Address);
        await harness.GetAsync();
        Assert.True(streams.TryDequeue(out var first));
        first.Socket.Close();
        await SettleAsync(() => harness.Client.Stats.Endpoints.Single().Idle == 0);
        Assert.Equal((200, "hello"), await harness.GetAsync("POST"));
    }

    [Fact]
    public async Task Idle_connections_are_closed_in_time()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, Hello));
        using ClientHarness harness = new(origin.Address);
        await harness.GetAsync();
        harness.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, harness.Client.Stats.Endpoints.Single().Open);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, harness.Client.Stats.Endpoints.Single().Open);
        await harness.GetAsync();
        for (var i = 0; i < 20; i++)
        {
            harness.Time.Advance(TimeSpan.FromSeconds(20));
            await harness.GetAsync();
        }

        Assert.Equal(3, harness.Client.Stats.Endpoints.Single().Opened);
    }

    [Fact]
    public async Task Requests_beyond_the_connections_wait_in_order_for_a_bounded_time_and_number()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"));
        using ClientHarness harness = new(origin.Address, new DeliveryOptions { MaxOriginConnections = 1, Origins = new OriginOptions { MaxWaiting = 2 } });
        var first = await harness.SendAsync();
        var (second, third) = (harness.SendAsync().AsTask(), harness.FaultAsync());
        Assert.Equal(OriginFault.QueueFull, await harness.FaultAsync());
        Assert.False(second.IsCompleted);
        first.Dispose();
        using var served = await second;
        harness.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(OriginFault.QueueTimeout, await third);
        Assert.Equal(0, harness.Client.Stats.Endpoints.Single().Waiting);
    }

    [Fact]
    public async Task One_who_leaves_the_queue_takes_no_connection_with_it()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, Hello));
        using ClientHarness harness = new(origin.Address, new DeliveryOptions { MaxOriginConnections = 1 });
        using var first = await harness.SendAsync();
        using CancellationTokenSource gone = new();
        var waits = harness.SendAsync(cancellation: gone.Token).AsTask();
        gone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.Equal("hello", await ClientHarness.ReadAsync(first));
        Assert.Equal((200, "hello"), await harness.GetAsync());
        Assert.Equal(1, harness.Client.Stats.Endpoints.Single().Opened);
    }

    [Fact]
    public async Task Passes_leave_a_share_of_the_connections_to_fills()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"));
        using ClientHarness harness = new(origin.Address, new DeliveryOptions { MaxOriginConnections = 4 });
        List<OriginResponse> slow = [];
        for (var i = 0; i < 3; i++)
        {
            slow.Add(await harness.SendAsync(pace: OriginPace.Pass));
        }

        var fourth = harness.SendAsync(pace: OriginPace.Pass).AsTask();
        Assert.False(fourth.IsCompleted);
        (await harness.SendAsync()).Dispose();

        // A fill that turns out to be one client's own counts as a pass from then on.
        var turned = await harness.SendAsync();
        turned.BecomePass();
        slow[0].Dispose();
        Assert.False(fourth.IsCompleted);
        turned.Dispose();
        (await fourth).Dispose();
        slow.ForEach(static response => response.Dispose());
        Assert.Equal((0, 0), (harness.Client.Stats.Endpoints.Single().Passes, harness.Client.Stats.Endpoints.Single().Open));
    }

    [Fact]
    public async Task Caller_who_leaves_frees_the_connection()
    {
        TaskCompletionSource asked = new();
        await using RawOrigin origin = new((_, _) =>
        {
            asked.TrySetResult();
            return Task.CompletedTask;
        });
        using ClientHarness harness = new(origin.Address);
        using CancellationTokenSource gone = new();
        var sent = harness.SendAsync(cancellation: gone.Token).AsTask();
        await asked.Task;
        gone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        Assert.Equal(0, harness.Client.Stats.Endpoints.Single().Open);
    }

    [Fact]
    public async Task Server_that_answers_before_it_has_the_whole_body_is_heard()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
        using ClientHarness harness = new(origin.Address);
        using Body body = new(length: null);
        await using var response = await harness.SendAsync("POST", body);
        Assert.Equal((413, "no"), (response.Status, await ClientHarness.ReadAsync(response)));
        await response.DisposeAsync();
        Assert.True(body.IsLeft);
        Assert.Equal(0, harness.Client.Stats.Endpoints.Single().Open);
    }

    [Theory]
    [InlineData(6L, "Content-Length: 6\r\n\r\nabcdef")]
    [InlineData(null, "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")]
    public async Task Body_goes_by_length_or_in_chunks(long? length, string expected)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using ClientHarness harness = new(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")));
        using Body body = new(length, "abc", "def");
        body.End();
        var sent = harness.SendAsync("POST", body).AsTask();
        using var client = await listener.AcceptTcpClientAsync(Now);
        StringBuilder said = new();
        var buffer = new byte[1024];
        while (!said.ToString().EndsWith(expected, StringComparison.Ordinal))
        {
            var read = await client.GetStream().ReadAsync(buffer, Now);
            Assert.True(read > 0, said.ToString());
            said.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        await SayAsync(client.GetStream(), Hello);
        await using var response = await sent;
        Assert.Equal("hello", await ClientHarness.ReadAsync(response));
    }

    [Fact]
    public async Task Body_that_is_not_as_long_as_it_says_is_the_clients_fault()
    {
        await using RawOrigin origin = new((_, _) => Task.CompletedTask);
        using ClientHarness harness = new(origin.Address);
        using Body body = new(length: 10, "abc");
        body.End();
        await Assert.ThrowsAsync<RequestBodyException>(async () => await harness.SendAsync("POST", body));
    }

    [Fact]
    public async Task Every_address_of_a_name_is_tried()
    {
        await using RawOrigin origin = new((_, stream) => SayAsync(stream, Hello));
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        AddressBook book = new((_, _) => Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.9"), IPAddress.Loopback]), TimeSpan.FromSeconds(30), time);
        using ClientHarness harness = new(new Uri($"http://many.example:{origin.Address.Port}"), connector: new SocketConnector(book, TimeSpan.FromMilliseconds(250), time));
        Assert.Equal((200, "hello"), await harness.GetAsync());
    }

    [Fact]
    public async Task Address_that_is_silent_does_not_hold_up_the_next()
    {
        // A listener whose queue is full lets a connect hang, as a dead host would.
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.8"), 0));
        silent.Listen(0);
        var port = ((IPEndPoint)silent.LocalEndPoint!).Port;
        List<Socket> fillers = [];
        for (var i = 0; i < 3; i++)
        {
            Socket filler = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            fillers.Add(filler);
            try
            {
                filler.Connect(new IPEndPoint(IPAddress.Parse("127.0.0.8"), port));
            }
            catch (SocketException)
            {
                // Under way, or hanging: both are meant.
            }
        }

        using TcpListener answering = new(IPAddress.Parse("127.0.0.7"), port);
        answering.Start();
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        AddressBook book = new((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.8"), IPAddress.Parse("127.0.0.7")]), TimeSpan.FromSeconds(30), time);
        var connecting = new SocketConnector(book, TimeSpan.FromMilliseconds(250), time).ConnectAsync(new OriginEndpoint("two.example", port, false), Now).AsTask();
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(251));
        await using var stream = (NetworkStream)await connecting.WaitAsync(TimeSpan.FromSeconds(20), Now);
        Assert.Equal("127.0.0.7", ((IPEndPoint)stream.Socket.RemoteEndPoint!).Address.ToString());
        fillers.ForEach(static filler => filler.Dispose());
    }

    [Fact]
    public async Task Addresses_are_looked_up_again_in_time_and_outlive_a_failing_resolver()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        var lookUps = 0;
        AddressBook book = new(
            (_, _) => ++lookUps switch
            {
                1 => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1")]),
                2 => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.3"), IPAddress.Parse("fd00::1")]),
                _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain)),
            },
            TimeSpan.FromSeconds(30),
            time);
        Assert.Equal("10.0.0.1", await FoundAsync());
        Assert.Equal("10.0.0.1", await FoundAsync());
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("10.0.0.2 fd00::1 10.0.0.3", await FoundAsync());
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("10.0.0.2 fd00::1 10.0.0.3", await FoundAsync());
        Assert.Equal(3, lookUps);

        // A resolver that has just failed is not asked by every connection.
        Assert.Equal("10.0.0.2 fd00::1 10.0.0.3", await FoundAsync());
        Assert.Equal(3, lookUps);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("10.0.0.2 fd00::1 10.0.0.3", await FoundAsync());
        Assert.Equal(4, lookUps);
        Assert.Equal(OriginFault.Unresolved, (await Assert.ThrowsAsync<OriginException>(async () => await book.OfAsync("other.example", Now))).Fault);

        async Task<string> FoundAsync() => string.Join(' ', (await book.OfAsync("name.example", Now)).Select(static address => address.ToString()));
    }

    [Fact]
    public async Task Resolver_that_hangs_holds_up_nobody_who_knows_an_address_and_is_asked_once()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new();
        var lookUps = 0;
        TaskCompletionSource<IPAddress[]> hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
        AddressBook book = new((_, _) => ++lookUps == 1 ? Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1")]) : hanging.Task, TimeSpan.FromSeconds(30), time);
        await book.OfAsync("name.example", Now);
        time.Advance(TimeSpan.FromSeconds(31));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("10.0.0.1", (await book.OfAsync("name.example", Now).AsTask().WaitAsync(TimeSpan.FromSeconds(5), Now))[0].ToString());
        }

        Assert.Equal(2, lookUps);
        hanging.SetResult([IPAddress.Parse("10.0.0.2")]);
        await SettleAsync(() => book.OfAsync("name.example", Now).AsTask() is { IsCompletedSuccessfully: true } now && now.Result[0].ToString() == "10.0.0.2");

        // Of one who waits for a name that was never known, only its own time is the bound.
        using CancellationTokenSource late = new();
        AddressBook other = new((_, _) => new TaskCompletionSource<IPAddress[]>().Task, TimeSpan.FromSeconds(30), time);
        var waiting = other.OfAsync("name.example", late.Token).AsTask();
        late.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static async Task SayAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Now);

    private static async Task SettleAsync(Func<bool> holds)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A body of given pieces that ends when told.</summary>
    private sealed class Body(long? length, params string[] pieces) : IRequestBody, IDisposable
    {
        private readonly Queue<string> _pieces = new(pieces);
        private readonly SemaphoreSlim _end = new(0);

        public long? Length => length;

        /// <summary>Whether the last read was given up.</summary>
        public bool IsLeft { get; private set; }

        public void End() => _end.Release();

        public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
        {
            if (_pieces.TryDequeue(out var piece))
            {
                return Encoding.Latin1.GetBytes(piece, into.Span);
            }

            try
            {
                await _end.WaitAsync(cancellationToken);
                return 0;
            }
            catch (OperationCanceledException)
            {
                IsLeft = true;
                throw;
            }
        }

        public void Dispose() => _end.Dispose();
    }
}
