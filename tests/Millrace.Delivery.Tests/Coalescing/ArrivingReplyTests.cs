using Millrace.Delivery.Origins;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tests.Coalescing;

public sealed class ArrivingReplyTests
{
    private static readonly Route Any = new("*/*", new Uri("http://127.0.0.1:9"), Contract.Available);

    [Theory]
    [InlineData("page", true)]
    [InlineData("pag", false)]
    public async Task Client_that_leaves_before_the_fill_ends_is_served_when_it_has_all_bytes(string arrived, bool whole)
    {
        MemoryAccount account = new(1 << 20);
        var filling = Filling.TryBegin(account, 4)!;
        System.Text.Encoding.Latin1.GetBytes(arrived).CopyTo(filling.Space());
        filling.Commit(arrived.Length);
        HeaderList response = new();
        response.Add("Cache-Control", "max-age=60");
        var now = TimeProvider.System.GetUtcNow();
        var head = ResponseHead.Of(CacheKey.Of("http://h.example/a"u8), Any, 200, response, new HeaderList(), new Arrival(now, now, 0), default);
        CachedObject arriving = new(head, ObjectBody.Busy(filling), account);
        MemoryWriter writer = new();
        Exchange exchange = new(writer, new CacheName("Millrace"), TimeProvider.System);
        exchange.Begin();
        exchange.Request.SetMethod("GET"u8);
        exchange.Route = Any;

        using CancellationTokenSource leaving = new();
        using var reader = arriving.Body.Follow()!;
        var replying = new ReplyWriter(new BodyWriter(null!), null!, TimeProvider.System).ArrivingAsync(exchange, arriving, reader, leads: true, leaving.Token).AsTask();
        Assert.False(replying.IsCompleted);
        await leaving.CancelAsync();
        if (whole)
        {
            Assert.True(await replying);
        }
        else
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => replying);
        }

        Assert.Equal((whole, arrived.Length), (exchange.Complete, writer.Length));
    }
}
