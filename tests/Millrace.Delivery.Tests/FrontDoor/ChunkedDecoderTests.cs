using System.Text;
using CsCheck;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests;

public class ChunkedDecoderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello", "")]
    [InlineData("005\r\nhello\r\nA;x=\"y z\"\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n", "hello0123456789", "X-T: v\r\n")]
    public void Well_formed_body_is_read(string body, string data, string trailers)
    {
        var read = Read(Encoding.Latin1.GetBytes(body + "next"));
        Assert.Equal((ChunkedProgress.Complete, data, trailers, body.Length), read);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("g\r\n")]
    [InlineData("+5\r\nhello\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData("5 \r\nhello\r\n")]
    [InlineData(" 5\r\nhello\r\n")]
    [InlineData("5\nhello\r\n")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r\r\n0\r\n\r\n")]
    [InlineData("5;a\rb\r\nhello\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("10000000000000005\r\nhello\r\n")]
    [InlineData("0\r\nX: a\rb\r\n\r\n")]
    [InlineData("0\r\nX: a\n\r\n")]
    [InlineData("0\r\n X: a\r\n\r\n")]
    public void Malformed_body_is_refused(string body) => Assert.Equal(ChunkedProgress.Refused, Read(Encoding.Latin1.GetBytes(body)).Progress);

    [Fact]
    public void Extensions_are_bounded_over_the_whole_body()
    {
        var chunk = $"1;{new string('e', 1000)}\r\na\r\n";
        Assert.Equal(ChunkedProgress.Complete, Read(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(chunk, 16)) + "0\r\n\r\n")).Progress);
        Assert.Equal(ChunkedProgress.Refused, Read(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(chunk, 17)) + "0\r\n\r\n")).Progress);
        Assert.Equal(ChunkedProgress.Refused, Read(Encoding.Latin1.GetBytes($"1;{new string('e', 2000)}")).Progress);
    }

    [Fact]
    public void Any_body_in_any_pieces_is_read_back()
    {
        var chunks = Gen.String[Gen.Char['a', 'z'], 1, 30].Array[0, 5];
        Gen.Select(chunks, Gen.Int[0, 150].Array[0, 10], Gen.Bool).Sample((data, cuts, trailers) =>
        {
            var body = string.Concat(data.Select(static chunk => $"{chunk.Length:x}\r\n{chunk}\r\n")) + (trailers ? "0\r\nA: b\r\n\r\n" : "0\r\n\r\n");
            Assert.Equal((ChunkedProgress.Complete, string.Concat(data), trailers ? "A: b\r\n" : "", body.Length), Read(Encoding.Latin1.GetBytes(body), cuts));
        });
    }

    [Fact]
    public void Noise_is_refused_or_wants_more_and_never_throws() =>
        Gen.OneOf(Gen.Int[0, 5].Select(static at => "01a\r\n;"u8[at]), Gen.Byte).Array[0, 60].Sample(noise => Read(noise, [.. Enumerable.Range(0, noise.Length)]).Equals(Read(noise)));

    private static (ChunkedProgress Progress, string Data, string Trailers, int Consumed) Read(byte[] body, params int[] cuts)
    {
        ChunkedDecoder decoder = new(Heads.Limits);
        HeaderList trailers = new();
        StringBuilder data = new();
        var (at, progress) = (0, ChunkedProgress.Incomplete);
        foreach (var cut in cuts.Select(cut => Math.Min(cut, body.Length)).Order().Append(body.Length))
        {
            while (true)
            {
                progress = decoder.Next(body.AsSpan(at, cut - at), trailers, out var consumed);
                at += consumed;
                if (progress != ChunkedProgress.Data || at == cut)
                {
                    break;
                }

                var taken = (int)Math.Min(decoder.DataLeft, cut - at);
                data.Append(Heads.Text(body.AsSpan(at, taken)));
                decoder.Take(taken);
                at += taken;
            }

            if (progress is ChunkedProgress.Complete or ChunkedProgress.Refused)
            {
                break;
            }
        }

        return (progress, $"{data}", Heads.Text(trailers.Wire), at);
    }
}
