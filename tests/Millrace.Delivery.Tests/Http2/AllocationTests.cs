using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Millrace.Delivery.FrontEnd;

namespace Millrace.Delivery.Tests.Http2;

public class AllocationTests
{
    private const int Rounds = 1_000;
    private const int Streams = 8;

    private static readonly byte[] Block = Http2Client.Block(
        (":method", "GET"), (":scheme", "http"), (":path", "/some/page.html"), (":authority", "a.example"), ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"), ("accept", "text/html,*/*;q=0.8"),
        ("accept-encoding", "gzip, br"), ("cookie", "a=b; c=d"));

    [Theory]
    [InlineData(1024)]
    [InlineData(16 * 1024)]
    public async Task Hit_allocates_nothing_from_its_first_byte_to_its_last(int bytes)
    {
        await using var door = await Door.OpenAsync(body: new string('x', bytes));
        using BlockPool pool = new();
        Pipe toServer = new(pool.Options(PipeScheduler.Inline)), toClient = new(pool.Options(PipeScheduler.ThreadPool));
        await using DefaultConnectionContext connection = new("1") { Transport = new DuplexPipe(toServer.Reader, toClient.Writer) };
        using ConnectionWatch watch = new(door.Time);
        var served = new Http2Connection(connection, new FrontDoorOptions(), door.Plane.Core, watch).RunAsync();
        await toServer.Writer.WriteAsync(
            (byte[])[.. Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .. Http2Client.Frame(Http2Client.Settings, 0, 0, FramePeer.Setting(4, int.MaxValue)), .. FramePeer.Update(0, 0x7000_0000), .. Get(1)],
            TestContext.Current.CancellationToken);

        // The first is a miss; the others, once it has settled, run to their end within the flush that brings them.
        await ReadAsync(toClient, bytes);
        await DeliveryHarness.UntilAsync(() => door.Plane.Core.Flights == 0);
        await RunAsync(toServer, toClient, bytes, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(toServer, toClient, bytes, 1);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < Rounds * Streams, $"{(double)allocated / (Rounds * Streams)} bytes a request");
        await toServer.Writer.CompleteAsync();
        await served;
    }

    private static byte[] Get(int stream) => Http2Client.Frame(Http2Client.Headers, Http2Client.EndHeaders | Http2Client.EndStream, stream, Block);

    private static async Task RunAsync(Pipe toServer, Pipe toClient, int bytes, int run)
    {
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Streams; i++)
            {
                var stream = 3 + (2 * ((((run * Rounds) + round) * Streams) + i));
                var room = toServer.Writer.GetSpan(9 + Block.Length);
                new Millrace.Delivery.Http2.FrameHead(Block.Length, Millrace.Delivery.Http2.FrameType.Headers, (Millrace.Delivery.Http2.FrameFlags)5, stream).Write(room);
                Block.CopyTo(room[9..]);
                toServer.Writer.Advance(9 + Block.Length);
            }

            await toServer.Writer.FlushAsync(CancellationToken.None);
            await ReadAsync(toClient, Streams * bytes);
        }
    }

    /// <summary>Reads at least so much, and all there is.</summary>
    private static async ValueTask ReadAsync(Pipe pipe, int bytes)
    {
        var read = await pipe.Reader.ReadAtLeastAsync(bytes, CancellationToken.None);
        pipe.Reader.AdvanceTo(read.Buffer.End);
    }
}
