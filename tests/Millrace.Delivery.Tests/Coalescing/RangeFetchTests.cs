using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Millrace.Delivery.Tests.Coalescing;

/// <summary>How ranges of what is not held, or is stale, are fetched: for all, by slices, in step with who reads them, and never for more than was asked by a slice.</summary>
public class RangeFetchTests
{
    private const int SliceBytes = 64 * 1024;

    private static readonly DeliveryOptions Options = new() { SliceBytes = SliceBytes };

    [Theory]
    [InlineData("bytes=-1000")]
    [InlineData("bytes=100-199,70000-70099")]
    [InlineData("bytes=70000-")]
    public async Task Every_form_of_range_of_what_is_not_held_is_kept(string range)
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        Assert.Equal(206, (await edge.GetAsync("/film", ("Range", range))).Status);
        await edge.SettledAsync();
        var asked = film.Asked.Count;
        Assert.InRange(film.Sent, SliceBytes, 4 * SliceBytes);
        var again = await edge.GetAsync("/film", ("Range", range));
        Assert.Equal((206, asked), (again.Status, film.Asked.Count));
        Assert.Contains("; hit;", again.CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suffix_of_what_is_not_held_gives_its_last_bytes()
    {
        var film = new Film(10L << 30);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var reply = await edge.GetAsync("/film", ("Range", "bytes=-1000"));
        Assert.Equal((206, $"bytes {(10L << 30) - 1000}-{(10L << 30) - 1}/{10L << 30}"), (reply.Status, reply.Headers["Content-Range"]));
        Assert.Equal(Film.Bytes((10L << 30) - 1000, 1000), reply.Body);
        Assert.InRange(film.Sent, 1000, 2 * SliceBytes);
    }

    [Theory]
    [InlineData("\"v1\"", 206)]
    [InlineData("\"other\"", 200)]
    public async Task If_Range_of_what_is_not_held_is_judged_here_and_kept(string condition, int status)
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var reply = await edge.GetAsync("/film", ("Range", "bytes=10-19"), ("If-Range", condition));
        Assert.Equal((status, status == 206 ? 10 : 4 * SliceBytes), (reply.Status, reply.Body.Length));
        await edge.SettledAsync();
        var asked = film.Asked.Count;
        Assert.Equal(206, (await edge.GetAsync("/film", ("Range", "bytes=10-19"), ("If-Range", "\"v1\""))).Status);
        Assert.Equal(asked, film.Asked.Count);
    }

    [Fact]
    public async Task If_Range_beside_what_cannot_be_kept_goes_forward_as_it_came()
    {
        var film = new Film(4 * SliceBytes) { Validator = "W/\"weak\"" };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var reply = await edge.GetAsync("/film", ("Range", "bytes=10-19"), ("If-Range", "\"other\""));
        Assert.Equal((200, 4 * SliceBytes), (reply.Status, reply.Body.Length));
    }

    [Fact]
    public async Task Range_of_a_stale_copy_validates_it()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        var sent = film.Sent;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        var reply = await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        Assert.Equal((206, "Millrace; fwd=stale; fwd-status=304; stored; ttl=60"), (reply.Status, reply.CacheStatus));
        Assert.Equal(Film.Bytes(0, 10), reply.Body);
        Assert.Equal(sent, film.Sent);
        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).CacheStatus);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    [Fact]
    public async Task Range_of_a_stale_copy_that_has_changed_costs_a_slice_and_takes_its_place()
    {
        var film = new Film(10L << 30);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=70000-70009"));
        await edge.SettledAsync();
        film.Version = 2;
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        var reply = await edge.GetAsync("/film", ("Range", "bytes=70000-70009"));
        Assert.Equal((206, "\"v2\""), (reply.Status, reply.Headers["ETag"]));
        await edge.SettledAsync();
        Assert.Equal((2 * SliceBytes, 2, 1), (film.Sent, film.Asked.Count, edge.Plane.Stats.Objects));
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    [Fact]
    public async Task Range_of_a_stale_copy_that_is_held_whole_validates_it()
    {
        await using var edge = await DeliveryHarness.StartAsync(context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.StatusCode = context.Request.Headers.IfNoneMatch == "\"v1\"" ? 304 : 200;
            return context.Response.StatusCode == 304 ? Task.CompletedTask : context.Response.Body.WriteAsync(Film.Bytes(0, 1000)).AsTask();
        });
        await edge.GetAsync("/a");
        await edge.SettledAsync();
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        var reply = await edge.GetAsync("/a", ("Range", "bytes=10-19"));
        Assert.Equal(206, reply.Status);
        Assert.Equal(Film.Bytes(10, 10), reply.Body);
        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/a")).CacheStatus);
    }

    [Fact]
    public async Task Slice_is_sent_as_it_arrives()
    {
        TaskCompletionSource rest = new();
        var film = new Film(4 * SliceBytes) { Within = (1000, rest.Task) };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{edge.Edge}film");
        request.Headers.TryAddWithoutValidation("Range", "bytes=0-4999");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var first = new byte[1000];
        await body.ReadExactlyAsync(first, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(Film.Bytes(0, 1000), first);

        // Another who wants the same slice reads along.
        var other = edge.GetAsync("/film", ("Range", "bytes=500-599"));
        Assert.Equal(Film.Bytes(500, 100), (await other).Body);
        rest.SetResult();
        var last = new byte[4000];
        await body.ReadExactlyAsync(last, TestContext.Current.CancellationToken);
        Assert.Equal(Film.Bytes(1000, 4000), last);
        Assert.Single(film.Asked);
    }

    [Fact]
    public async Task Slice_that_breaks_off_cuts_its_readers_and_is_no_reason_to_call_the_origin_out()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                if (film.Asked.IsEmpty)
                {
                    film.Asked.Enqueue("broken");
                    context.Response.StatusCode = 206;
                    context.Response.Headers.CacheControl = "max-age=60";
                    context.Response.Headers.ETag = "\"v1\"";
                    context.Response.Headers.ContentRange = $"bytes 0-{SliceBytes - 1}/{4 * SliceBytes}";
                    context.Response.ContentLength = SliceBytes;
                    await context.Response.Body.WriteAsync(Film.Bytes(0, 1000));
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    return;
                }

                await film.AnswerAsync(context);
            },
            Options);
        await Assert.ThrowsAnyAsync<Exception>(() => edge.GetAsync("/film", ("Range", "bytes=0-4999")));
        await edge.SettledAsync();
        Assert.Equal(Film.Bytes(0, 5000), (await edge.GetAsync("/film", ("Range", "bytes=0-4999"))).Body);
        await edge.SettledAsync();
        await edge.RecordAsync();
        await edge.RecordAsync();
        Assert.Equal(0, edge.Plane.Stats.FillBytes);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    [Fact]
    public async Task Next_slice_is_asked_for_while_one_is_being_sent()
    {
        TaskCompletionSource rest = new();
        var film = new Film(4 * SliceBytes) { Within = (1000, rest.Task) };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var whole = edge.GetAsync("/film", ("Range", $"bytes=0-{(2 * SliceBytes) - 1}"));

        // The first is not here yet, and the second has been asked for; the third was not wanted.
        await DeliveryHarness.UntilAsync(() => film.Asked.Count == 2);
        rest.SetResult();
        Assert.Equal(Film.Bytes(0, 2 * SliceBytes), (await whole).Body);
        await edge.SettledAsync();
        Assert.Equal(2, film.Asked.Count);
    }

    [Fact]
    public async Task Reader_who_leaves_has_cost_the_origin_one_slice_ahead_and_no_memory()
    {
        var film = new Film(64L << 20);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options with { StoreBytes = 0 });
        using (var slow = new TcpClient { ReceiveBufferSize = 4096 })
        {
            await slow.ConnectAsync(edge.Edge.Host, edge.Edge.Port, TestContext.Current.CancellationToken);
            await slow.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET /film HTTP/1.1\r\nHost: {edge.Edge.Authority}\r\nRange: bytes=0-\r\n\r\n"), TestContext.Current.CancellationToken);
            await slow.GetStream().ReadExactlyAsync(new byte[100], TestContext.Current.CancellationToken);
        }

        await edge.RecordAsync();
        await edge.SettledAsync();
        Assert.True(film.Asked.Distinct().Count() == film.Asked.Count, "a slice was asked for twice");

        // The slice ahead is let go behind its reader.
        await DeliveryHarness.UntilAsync(() => edge.Plane.Stats.FillBytes == 0);
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("private, max-age=60")]
    public async Task Slice_that_may_not_be_stored_is_not_shared_and_its_object_leaves(string cacheControl)
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        film.CacheControl = cacheControl;
        Assert.Equal(Film.Bytes(70_000, 10), (await edge.GetAsync("/film", ("Range", "bytes=70000-70009"))).Body);
        await edge.SettledAsync();
        Assert.Equal((0, 0L), (edge.Plane.Stats.Objects, edge.Plane.Stats.StoreBytes));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(429)]
    public async Task One_clients_refusal_is_its_own_and_leaves_the_object_to_the_others(int status)
    {
        var film = new Film(4 * SliceBytes) { CacheControl = "public, max-age=60" };
        film.Instead = context =>
        {
            context.Response.StatusCode = context.Request.Headers["X-Evil"].Count > 0 ? status : 200;
            return context.Response.StatusCode != 200;
        };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        Assert.Equal(status, (await edge.GetAsync("/film", ("Range", "bytes=70000-70009"), ("X-Evil", "1"))).Status);
        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).CacheStatus);
        Assert.Equal(Film.Bytes(70_000, 10), (await edge.GetAsync("/film", ("Range", "bytes=70000-70009"))).Body);
    }

    [Fact]
    public async Task Object_of_more_slices_than_can_be_numbered_is_not_held_in_slices()
    {
        const long Far = 1L << 44;
        var film = new Film(1L << 45);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, new DeliveryOptions { SliceBytes = 4096 });
        Assert.Equal(Film.Bytes(0, 10), (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).Body);
        Assert.Equal(Film.Bytes(Far, 10), (await edge.GetAsync("/film", ("Range", $"bytes={Far}-{Far + 9}"))).Body);
    }

    [Fact]
    public async Task Head_that_describes_a_copy_in_slices_renews_it()
    {
        var film = new Film(20L << 20);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        film.Instead = static context =>
        {
            context.Response.ContentLength = 20L << 20;
            return HttpMethods.IsHead(context.Request.Method);
        };
        using (await edge.SendAsync(HttpMethod.Head, "/film", null))
        {
            Assert.Equal(1, edge.Plane.Stats.Objects);
        }

        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).CacheStatus);
    }
}
