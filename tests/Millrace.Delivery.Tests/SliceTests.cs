using CsCheck;
using Millrace.Delivery.Purge;

namespace Millrace.Delivery.Tests;

/// <summary>Large objects are fetched and held by slices: a range needs neither the whole nor its memory, and asks the origin once for each slice.</summary>
public class SliceTests
{
    private const int SliceBytes = 64 * 1024;

    private static readonly DeliveryOptions Options = new() { SliceBytes = SliceBytes };

    [Fact]
    public async Task Range_of_ten_gigabytes_needs_one_slice()
    {
        var film = new Film(10L << 30);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var reply = await edge.GetAsync("/film", ("Range", "bytes=9000000000-9000000999"));
        Assert.Equal((206, "bytes 9000000000-9000000999/10737418240"), (reply.Status, reply.Headers["Content-Range"]));
        Assert.Equal(Film.Bytes(9_000_000_000, 1_000), reply.Body);
        Assert.Equal("Millrace; fwd=uri-miss; fwd-status=206; stored; ttl=60", reply.CacheStatus);
        await edge.SettledAsync();
        Assert.Equal(SliceBytes, film.Sent);
        Assert.InRange(edge.Plane.Stats.StoreBytes, SliceBytes, SliceBytes + 8_192);

        var again = await edge.GetAsync("/film", ("Range", "bytes=9000000100-9000000199"));
        Assert.Equal(Film.Bytes(9_000_000_100, 100), again.Body);
        Assert.Equal("Millrace; hit; ttl=60", again.CacheStatus);
        Assert.Single(film.Asked);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    [Fact]
    public async Task Any_ranges_in_any_order_give_the_right_bytes_and_fetch_each_slice_once()
    {
        const int Size = (10 * SliceBytes) + 777;
        await Gen.Select(Gen.Int[0, Size - 1], Gen.Int[1, 3 * SliceBytes]).Array[1, 12].SampleAsync(
            async ranges =>
            {
                var film = new Film(Size);
                await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
                await Task.WhenAll(ranges.Chunk(3).First().Select(range => CheckAsync(edge, range.Item1, range.Item2)));
                foreach (var (first, length) in ranges)
                {
                    await CheckAsync(edge, first, length);
                }

                await edge.SettledAsync();
                Assert.Equal(film.Asked.Distinct().Count(), film.Asked.Count);
                Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
            },
            iter: 12, threads: 1);

        static async Task CheckAsync(DeliveryHarness edge, int first, int length)
        {
            var last = Math.Min(first + length, Size) - 1;
            var reply = await edge.GetAsync("/film", ("Range", $"bytes={first}-{first + length - 1}"));
            Assert.Equal((206, $"bytes {first}-{last}/{Size}"), (reply.Status, reply.Headers["Content-Range"]));
            Assert.Equal(Film.Bytes(first, last - first + 1), reply.Body);
        }
    }

    [Fact]
    public async Task Many_who_want_one_slice_cause_one_request()
    {
        var film = new Film(4 * SliceBytes) { Gate = new TaskCompletionSource() };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var replies = Enumerable.Range(0, 20).Select(i => edge.GetAsync("/film", ("Range", $"bytes={i}-{i + 9}"))).ToArray();
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 20);
        film.Gate.SetResult();
        for (var i = 0; i < replies.Length; i++)
        {
            Assert.Equal(Film.Bytes(i, 10), (await replies[i]).Body);
        }

        Assert.Single(film.Asked);
    }

    [Fact]
    public async Task Whole_is_put_together_from_what_is_held_and_what_is_missing()
    {
        var film = new Film((3 * SliceBytes) + 5);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", $"bytes={SliceBytes}-{SliceBytes}"));
        var whole = await edge.GetAsync("/film");
        Assert.Equal((200, "Millrace; fwd=partial; fwd-status=206; ttl=60"), (whole.Status, whole.CacheStatus));
        Assert.Equal(Film.Bytes(0, (3 * SliceBytes) + 5), whole.Body);
        Assert.Equal(4, film.Asked.Count);
        using var head = await edge.SendAsync(HttpMethod.Head, "/film", null);
        Assert.Equal((3 * SliceBytes) + 5, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Slices_of_two_versions_never_meet()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        film.Version = 2;

        // The head has not left when the change is found out: the request begins anew.
        var other = await edge.GetAsync("/film", ("Range", $"bytes={SliceBytes}-{SliceBytes + 9}"));
        Assert.Equal(("\"v2\"", 206), (other.Headers["ETag"], other.Status));
        Assert.Equal("\"v2\"", (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).Headers["ETag"]);

        // It has left: the client sees a cut, and nothing mixed.
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        film.Version = 3;
        await Assert.ThrowsAsync<HttpRequestException>(() => edge.GetAsync("/film", ("Range", $"bytes=0-{(3 * SliceBytes) - 1}")));
        Assert.Equal("\"v3\"", (await edge.GetAsync("/film", ("Range", "bytes=0-9"))).Headers["ETag"]);
    }

    [Fact]
    public async Task Copy_that_is_renewed_and_then_found_changed_is_fetched_anew()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", $"bytes={SliceBytes}-{SliceBytes + 9}"));
        edge.Time.Advance(TimeSpan.FromSeconds(61));
        film.ChangesBehindNext = true;
        var reply = await edge.GetAsync("/film");
        Assert.Equal((200, "\"v2\""), (reply.Status, reply.Headers["ETag"]));
        Assert.Equal(Film.Bytes(0, 4 * SliceBytes), reply.Body);
    }

    [Fact]
    public async Task Slice_beside_anothers_that_is_found_changed_is_fetched_anew()
    {
        var film = new Film(4 * SliceBytes) { Gate = new TaskCompletionSource(), ChangesBehindNext = true };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var first = edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 1);
        var other = edge.GetAsync("/film", ("Range", $"bytes={2 * SliceBytes}-{(2 * SliceBytes) + 9}"));
        await DeliveryHarness.UntilAsync(() => edge.Plane.Core.InFlight == 2);
        film.Gate.SetResult();
        Assert.Equal((206, "\"v1\""), ((await first).Status, (await first).Headers["ETag"]));
        Assert.Equal((206, "\"v2\""), ((await other).Status, (await other).Headers["ETag"]));
        Assert.Equal(Film.Bytes(2 * SliceBytes, 10), (await other).Body);
    }

    [Fact]
    public async Task Small_object_comes_whole_with_its_first_range()
    {
        var film = new Film(1_000);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var reply = await edge.GetAsync("/page", ("Range", "bytes=10-19"));
        Assert.Equal((206, "bytes 10-19/1000"), (reply.Status, reply.Headers["Content-Range"]));
        Assert.Equal(Film.Bytes(10, 10), reply.Body);
        await DeliveryHarness.UntilAsync(() => edge.Plane.Stats.Objects == 1);
        Assert.Equal(Film.Bytes(0, 1_000), (await edge.GetAsync("/page")).Body);
        Assert.Single(film.Asked);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_asked_for_as_the_client_asks()
    {
        var film = new Film(10L << 20) { Validator = "W/\"weak\"" };
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        for (var i = 0; i < 3; i++)
        {
            var reply = await edge.GetAsync("/film", ("Range", $"bytes={i}-{i}"));
            Assert.Equal((206, $"bytes {i}-{i}/10485760"), (reply.Status, reply.Headers["Content-Range"]));
            Assert.Equal(Film.Bytes(i, 1), reply.Body);
        }

        // One slice was asked for to find out; then a byte each.
        Assert.Equal(SliceBytes + 2, film.Sent);
        Assert.Equal(0, edge.Plane.Stats.Objects);
    }

    [Fact]
    public async Task Range_beyond_the_end_is_not_satisfiable_and_marks_nothing_else()
    {
        var film = new Film(2 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        var beyond = await edge.GetAsync("/film", ("Range", "bytes=999999999-"));
        Assert.Equal((416, "bytes */131072"), (beyond.Status, beyond.Headers["Content-Range"]));
        Assert.Equal(Film.Bytes(0, 2 * SliceBytes), (await edge.GetAsync("/film")).Body);
    }

    [Fact]
    public async Task Purge_takes_the_slices_with_their_object()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options);
        await edge.GetAsync("/film", ("Range", $"bytes=0-{(3 * SliceBytes) - 1}"));
        await edge.SettledAsync();
        Assert.InRange(edge.Plane.Stats.StoreBytes, 3 * SliceBytes, 4 * SliceBytes);
        Assert.Equal(1, edge.Plane.Purge(new Millrace.Delivery.Purge.PurgeRequest { Urls = [$"{edge.Edge}film"] }));
        Assert.Equal((0, 0L), (edge.Plane.Stats.Objects, edge.Plane.Stats.StoreBytes));
    }

    [Fact]
    public async Task Slices_leave_one_by_one_when_memory_is_short()
    {
        var film = new Film(40 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options with { StoreBytes = 5 * SliceBytes });
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(Film.Bytes((long)i * SliceBytes, 10), (await edge.GetAsync("/film", ("Range", $"bytes={i * SliceBytes}-{(i * SliceBytes) + 9}"))).Body);
        }

        await edge.SettledAsync();
        Assert.InRange(edge.Plane.Stats.StoreBytes, 1, 5 * SliceBytes);
        Assert.Empty(edge.Plane.Core.Store.CheckIntegrity());
    }

    [Fact]
    public async Task Without_memory_for_a_slice_its_bytes_pass_unkept()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options with { FillBytes = SliceBytes + (SliceBytes / 2) });
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        var whole = await edge.GetAsync("/film");
        Assert.Equal(Film.Bytes(0, 4 * SliceBytes), whole.Body);
        await edge.RecordAsync();
        await edge.RecordAsync();
        await edge.SettledAsync();
        Assert.Equal(0, edge.Plane.Stats.FillBytes);
    }

    [Fact]
    public async Task Purge_that_is_acknowledged_while_the_first_slice_is_waited_for_is_obeyed_before_the_head_leaves()
    {
        TaskCompletionSource asked = new(), rest = new();
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(
            async context =>
            {
                if (context.Request.Headers.Range.ToString().StartsWith($"bytes={2 * SliceBytes}-", StringComparison.Ordinal))
                {
                    asked.TrySetResult();
                    await rest.Task;
                }

                await film.AnswerAsync(context);
            },
            Options);
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        var reply = edge.GetAsync("/film", ("Range", $"bytes={2 * SliceBytes}-{(2 * SliceBytes) + 9}"));
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, edge.Plane.Purge(new PurgeRequest { Urls = [$"{edge.Edge}film"] }));
        rest.SetResult();
        Assert.Equal(Film.Bytes(2 * SliceBytes, 10), (await reply).Body);
        Assert.Contains("fwd=uri-miss; fwd-status=206", (await reply).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(3, film.Asked.Count);
    }

    [Fact]
    public async Task What_is_too_large_to_be_kept_whole_is_kept_by_slices_after_the_whole_was_asked_for()
    {
        var film = new Film(4 * SliceBytes);
        await using var edge = await DeliveryHarness.StartAsync(film.AnswerAsync, Options with { MaxObjectBytes = SliceBytes });
        Assert.Equal(4 * SliceBytes, (await edge.GetAsync("/film")).Body.Length);
        await edge.SettledAsync();
        await edge.GetAsync("/film", ("Range", "bytes=0-9"));
        await edge.SettledAsync();
        Assert.Equal("Millrace; hit; ttl=60", (await edge.GetAsync("/film", ("Range", "bytes=10-19"))).CacheStatus);
        Assert.Equal(2, film.Asked.Count);
    }
}
