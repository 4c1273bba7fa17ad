using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Node;

namespace Millrace.Tests.Node;

public sealed class ClosingOrderTests
{
    [Fact]
    public async Task Parts_close_in_reverse_and_one_that_fails_keeps_no_other_open()
    {
        var closed = new List<string>();
        var order = new ClosingOrder(NullLogger.Instance);
        order.Add(new Part(() => closed.Add("lock")));
        order.Add(new Part(() => throw new IOException("the journal's last sync failed")));
        order.Add(new Part(() => closed.Add("queue")));
        await order.DisposeAsync();
        await order.DisposeAsync();
        Assert.Equal(["queue", "lock"], closed);
    }

    private sealed class Part(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
