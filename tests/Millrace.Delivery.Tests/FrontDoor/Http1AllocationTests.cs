using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Millrace.Delivery.FrontEnd;

namespace Millrace.Delivery.Tests;

public class Http1AllocationTests
{
    private const int Requests = 5_000;

    private static readonly byte[] Get = Encoding.Latin1.GetBytes(
        "GET /some/page.html HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\nCookie: a=b; c=d\r\nConnection: keep-alive\r\n\r\n");

    [Fact]
    public async Task Hit_allocates_nothing_from_its_first_byte_to_its_last()
    {
        await using var door = await Door.OpenAsync(body: new string('x', 1024));
        using BlockPool pool = new();
        Pipe toServer = new(pool.Options(PipeScheduler.Inline)), toClient = new(pool.Options(PipeScheduler.ThreadPool));
        await using DefaultConnectionContext connection = new("1") { Transport = new DuplexPipe(toServer.Reader, toClient.Writer) };
        using ConnectionWatch watch = new(door.Time);
        var served = new Http1Connection(connection, new FrontDoorOptions(), door.Plane.Core, watch).RunAsync();

        // The first is a miss; the others, once the first has settled, run to their end within the flush that brings them.
        await toServer.Writer.WriteAsync(Get, TestContext.Current.CancellationToken);
        var first = await toClient.Reader.ReadAtLeastAsync(1024, TestContext.Current.CancellationToken);
        toClient.Reader.AdvanceTo(first.Buffer.End);
        await RunAsync(toServer, toClient);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(toServer, toClient);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < Requests, $"{(double)allocated / Requests} bytes a request");
        await toServer.Writer.CompleteAsync();
        await served;
    }

    private static async Task RunAsync(Pipe toServer, Pipe toClient)
    {
        for (var i = 0; i < Requests; i++)
        {
            Get.CopyTo(toServer.Writer.GetSpan(Get.Length));
            toServer.Writer.Advance(Get.Length);
            await toServer.Writer.FlushAsync(CancellationToken.None);
            var answer = await toClient.Reader.ReadAtLeastAsync(1024, CancellationToken.None);
            toClient.Reader.AdvanceTo(answer.Buffer.End);
        }
    }
}
