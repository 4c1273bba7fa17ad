using System.Text;
using CsCheck;
using Millrace.Delivery.Http1;

namespace Millrace.Delivery.Tests;

public class HeadParserTests
{
    private static readonly string[] Seeds =
    [
        "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "\r\nPOST /a/b?c=d&e HTTP/1.0\r\nHost:b\r\nContent-Length:  5 \t\r\nX-Empty:\r\nX-Latin: caf\u00e9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nDate: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\nbody",
        "HTTP/1.0 304\r\nETag : \"x\"\r\n\r\n",
        "GET http://h:80/a HTTP/1.1\r\nHost: h:80\r\nTransfer-Encoding: chunked\r\nConnection: close, X\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ];

    /// <summary>Bytes that mean something to somebody.</summary>
    private static readonly byte[] Telling = [.. "\r\n: \t\0\u007f,;\\#"u8];

    private static readonly Gen<byte[]> Mutated = Gen.Select(
        Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 200], Gen.OneOf(Gen.Int[0, Telling.Length - 1].Select(static at => Telling[at]), Gen.Byte), Gen.Int[0, 2]).Array[0, 6],
        static (seed, edits) => Mutate(Seeds[seed], edits));

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n", "BareLineFeed")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n\r\n", "BareLineFeed")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n", "BareLineFeed")]
    [InlineData("\nGET / HTTP/1.1\r\n\r\n", "BareLineFeed")]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\n\r\n", "StartLine")]
    [InlineData(" GET / HTTP/1.1\r\n\r\n", "Method")]
    [InlineData("G(T / HTTP/1.1\r\n\r\n", "Method")]
    [InlineData("GET\r\n\r\n", "StartLine")]
    [InlineData("GET /\r\n\r\n", "StartLine")]
    [InlineData("GET  / HTTP/1.1\r\n\r\n", "Target")]
    [InlineData("GET /  HTTP/1.1\r\n\r\n", "Version")]
    [InlineData("GET\t/ HTTP/1.1\r\n\r\n", "Method")]
    [InlineData("GET / a HTTP/1.1\r\n\r\n", "Version")]
    [InlineData("GET /\u0001 HTTP/1.1\r\n\r\n", "Target")]
    [InlineData("GET /\u00e9 HTTP/1.1\r\n\r\n", "Target")]
    [InlineData("GET /\ra HTTP/1.1\r\n\r\n", "Target")]
    [InlineData("GET / HTTP/1.1 \r\n\r\n", "Version")]
    [InlineData("GET / http/1.1\r\n\r\n", "Version")]
    [InlineData("GET / HTTP/2.0\r\n\r\n", "Version")]
    [InlineData("GET / HTTP/1.10\r\n\r\n", "Version")]
    [InlineData("GET / HTTP/1.1\r\r\n\r\n", "Version")]
    [InlineData("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\n A: b\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA : b\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA\t: b\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\n: b\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA(b): c\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA\u0000: c\r\n\r\n", "FieldName")]
    [InlineData("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "FieldValue")]
    [InlineData("GET / HTTP/1.1\r\nA: b\r\r\n\r\n", "FieldValue")]
    [InlineData("GET / HTTP/1.1\r\nA: \u0000\r\n\r\n", "FieldValue")]
    [InlineData("GET / HTTP/1.1\r\nA: b\u007f\r\n\r\n", "FieldValue")]
    public void Request_head_that_two_recipients_may_read_in_two_ways_is_refused(string head, string fault) =>
        Assert.Equal((HeadProgress.Refused, Enum.Parse<HeadFault>(fault)), (Heads.Request(head).Progress, Heads.Request(head).Fault));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t b \t\r\n\r\nrest", "GET / 1", "Host: a\r\nX: \r\nY: b\r\n")]
    [InlineData("\r\nPURGE http://a/?q HTTP/1.0\r\n\r\n", "PURGE http://a/?q 0", "")]
    [InlineData("M!#$%&'*+-.^_`|~1 / HTTP/1.1\r\nX: caf\u00e9\tb\r\n\r\n", "M!#$%&'*+-.^_`|~1 / 1", "X: caf\u00e9\tb\r\n")]
    public void Well_formed_request_head_is_read(string head, string start, string fields)
    {
        var read = Heads.Request(head);
        Assert.Equal((HeadProgress.Complete, start, fields), (read.Progress, read.Start, read.Fields));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "200 1")]
    [InlineData("HTTP/1.1 200 \r\n\r\n", "200 1")]
    [InlineData("HTTP/1.0 404\r\n\r\n", "404 0")]
    [InlineData("HTTP/1.1 299 \u00e9t\u00e9\r\n\r\n", "299 1")]
    public void Well_formed_response_head_is_read(string head, string start) => Assert.Equal(start, Heads.Response(head).Start);

    [Theory]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 O\u0000K\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: b\n\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    public void Malformed_response_head_is_refused(string head) => Assert.Equal(HeadProgress.Refused, Heads.Response(head).Progress);

    [Fact]
    public void Whitespace_before_a_colon_is_removed_from_responses() => Assert.Equal("A: b\r\n", Heads.Response("HTTP/1.1 200 OK\r\nA \t: b\r\n\r\n").Fields);

    [Fact]
    public void Bounds_are_met_to_the_byte_and_refused_one_beyond()
    {
        var (bytes, fields) = Heads.Limits;
        Assert.Equal(HeadProgress.Complete, Heads.Request(Sized(bytes)).Progress);
        Assert.Equal(HeadFault.HeadTooLarge, Heads.Request(Sized(bytes + 1)).Fault);
        Assert.Equal(HeadFault.StartLineTooLong, Heads.Request($"GET /{new string('a', bytes)} HTTP/1.1\r\n\r\n").Fault);
        Assert.Equal(HeadFault.StartLineTooLong, Heads.Request(new string('a', bytes + 1)).Fault);
        Assert.Equal(HeadProgress.Complete, Heads.Request(Lines(fields)).Progress);
        Assert.Equal(HeadFault.TooManyFields, Heads.Request(Lines(fields + 1)).Fault);

        static string Sized(int length) => $"GET / HTTP/1.1\r\nA: {new string('b', length - 23)}\r\n\r\n";
        static string Lines(int count) => $"GET / HTTP/1.1\r\n{string.Concat(Enumerable.Repeat("A: b\r\n", count))}\r\n";
    }

    [Fact]
    public void Any_split_into_pieces_gives_the_same_result()
    {
        Gen.Select(Mutated, Gen.Int[0, 200].Array[0, 8]).Sample((message, cuts) =>
        {
            cuts = [.. cuts.Select(cut => Math.Min(cut, message.Length))];
            Assert.Equal(Heads.Request(message), Heads.Request(message, cuts));
            Assert.Equal(Heads.Response(message), Heads.Response(message, cuts));
            Assert.Equal(Heads.Request(message), Heads.Request(message, [.. Enumerable.Range(0, message.Length)]));
        });
    }

    [Fact]
    public void What_is_accepted_is_read_the_same_once_written_again()
    {
        Mutated.Sample(message =>
        {
            if (Heads.Request(message) is { Progress: HeadProgress.Complete } read)
            {
                var parts = read.Start.Split(' ');
                var again = Heads.Request($"{parts[0]} {parts[1]} HTTP/1.{parts[2]}\r\n{read.Fields}\r\n");
                Assert.Equal(read with { Length = 0 }, again with { Length = 0 });
            }
        });
    }

    [Fact]
    public void Accepted_heads_hold_nothing_that_a_lenient_recipient_reads_otherwise()
    {
        Mutated.Sample(message =>
        {
            if (Heads.Request(message) is not { Progress: HeadProgress.Complete } read)
            {
                return;
            }

            // A reader that takes CR or LF alone for a line end sees the same lines.
            var written = $"{read.Start}\r\n{read.Fields}";
            Assert.Equal(written.Split("\r\n").Length, written.Split('\r').Length);
            Assert.Equal(written.Split("\r\n").Length, written.Split('\n').Length);
            Assert.DoesNotContain('\0', written);
        });
    }

    [Fact]
    public void Nothing_makes_the_parser_throw()
    {
        // About a second of mutations of every kind of head, seeded: a failure names its input.
        var random = new Random(3);
        for (var run = 0; run < 300_000; run++)
        {
            var message = Encoding.Latin1.GetBytes(Seeds[random.Next(Seeds.Length)]);
            for (var edit = random.Next(12); edit > 0; edit--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            var fault = Record.Exception(() => (Heads.Request(message), Heads.Response(message)));
            Assert.True(fault is null, $"{Convert.ToHexString(message)}: {fault}");
        }
    }

    private static byte[] Mutate(string seed, (int At, byte Value, int Kind)[] edits)
    {
        List<byte> bytes = [.. Encoding.Latin1.GetBytes(seed)];
        foreach (var (at, value, kind) in edits)
        {
            var place = at % Math.Max(1, bytes.Count);
            if (kind == 0 && bytes.Count > 1)
            {
                bytes.RemoveAt(place);
            }
            else if (kind == 1)
            {
                bytes.Insert(place, value);
            }
            else
            {
                bytes[place] = value;
            }
        }

        return [.. bytes];
    }
}
