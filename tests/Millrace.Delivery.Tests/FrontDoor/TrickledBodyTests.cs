using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Http1;

namespace Millrace.Delivery.Tests;

/// <summary>Chunked bodies that come in the smallest pieces, across the segments of a pipe.</summary>
public sealed class TrickledBodyTests : IDisposable
{
    private readonly FrontDoorOptions _options = new();
    private readonly ConnectionWatch _watch = new(new FakeTimeProvider());
    private readonly DeliveryMeters _meters = new(static () => 0, static () => 0, static () => 0, static () => 0, static () => 0);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _watch.Dispose();
        _meters.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task Body_and_what_follows_it_are_the_same_in_pieces_of_any_size(int piece)
    {
        var trailers = string.Concat(Enumerable.Range(0, 60).Select(static i => $"X-{i}: {new string('v', 300)}\r\n"));
        var sent = Encoding.Latin1.GetBytes($"5\r\nhello\r\n1;a=b\r\n,\r\n6\r\n world\r\n0\r\n{trailers}\r\nGET /next");
        Pipe pipe = new(new PipeOptions(minimumSegmentSize: 256, pauseWriterThreshold: 0));
        Http1RequestBody body = new(pipe.Reader, new PeerClock(_options, _watch), _options, _meters);
        body.Begin(new BodyFraming(BodyKind.Chunked, 0), expectsContinue: false);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var reading = ReadAsync(body);
        for (var at = 0; at < sent.Length; at += piece)
        {
            await pipe.Writer.WriteAsync(sent.AsMemory(at, Math.Min(piece, sent.Length - at)), Now);
        }

        Assert.Equal("hello, world", await reading.WaitAsync(TimeSpan.FromSeconds(20), Now));
        var rest = await pipe.Reader.ReadAtLeastAsync(9, Now);
        Assert.Equal("GET /next", Encoding.Latin1.GetString(rest.Buffer));

        // Copied anew with every byte, 18 KiB of trailers would come to some 160 MB.
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 40_000_000);
    }

    [Fact]
    public async Task Trailers_without_end_are_refused_at_their_bound()
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        Http1RequestBody body = new(pipe.Reader, new PeerClock(_options, _watch), _options, _meters);
        body.Begin(new BodyFraming(BodyKind.Chunked, 0), expectsContinue: false);
        var reading = ReadAsync(body);
        await pipe.Writer.WriteAsync("0\r\nX: "u8.ToArray(), Now);
        for (var sent = 0; sent < 4 * _options.MaxHeadBytes && !reading.IsCompleted; sent += 100)
        {
            await pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes(new string('v', 100)), Now);
        }

        await Assert.ThrowsAsync<Millrace.Delivery.Requests.RequestBodyException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20), Now));
    }

    private static async Task<string> ReadAsync(Http1RequestBody body)
    {
        StringBuilder text = new();
        var buffer = new byte[64];
        while (await body.ReadAsync(buffer, Now) is > 0 and var read)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
