using System.Text;
using CsCheck;
using Millrace.Delivery.Http2;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>RFC 7541.</summary>
public class HpackTests
{
    private const string Request1 = ":method: GET|:scheme: http|:path: /|:authority: www.example.com";
    private const string Request2 = ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache";
    private const string Request3 = ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value";
    private const string Response1 = ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com";
    private const string Response2 = ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com";
    private const string Response3 = ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com|content-encoding: gzip|set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

    private static readonly Gen<string> Token = Gen.Char["abcdefghijklmnopqrstuvwxyz-0123456789"].Array[1, 20].Select(static letters => new string(letters));

    private static readonly Gen<(string Name, string Value)> Field = Gen.Select(
        Gen.OneOf(OneOf(":path", "cookie", "accept", "x-a", "x-b", "www-authenticate", "etag"), Token),
        Gen.Frequency((3, OneOf("a", "b", "/", "gzip, deflate")), (2, Gen.Char['\0', '\u00ff'].Array[0, 300].Select(static letters => new string(letters)))));

    /// <summary>Appendix C.2 to C.5: blocks of one connection after another, what they say, and the size of the table at the end.</summary>
    public static TheoryData<string, string, string> Examples => new()
    {
        { "C.2.1", "400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header" },
        { "C.2.2", "040c2f73616d706c652f70617468", ":path: /sample/path" },
        { "C.2.3", "100870617373776f726406736563726574", "password: secret" },
        { "C.2.4", "82", ":method: GET" },
        { "C.3", "828684410f7777772e6578616d706c652e636f6d 828684be58086e6f2d6361636865 828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", $"{Request1}\n{Request2}\n{Request3}" },
        { "C.4", "828684418cf1e3c2e5f23a6ba0ab90f4ff 828684be5886a8eb10649cbf 828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", $"{Request1}\n{Request2}\n{Request3}" },
        {
            "C.5",
            "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d 4803333037c1c0bf 88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
            $"{Response1}\n{Response2}\n{Response3}"
        },
        {
            "C.6",
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3 4883640effc1c0bf 88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            $"{Response1}\n{Response2}\n{Response3}"
        },
    };

    /// <summary>§4.2, §5.1, §5.2, §6.1, §6.3, and Appendix B: what must be a decoding error.</summary>
    public static TheoryData<string, string> Malformed => new()
    {
        { "§6.1: index zero", "80" },
        { "§2.3.3: index beyond both tables", "be" },
        { "§2.3.3: name beyond both tables", "7f0001 61" },
        { "§5.1: an integer that has no end", "ff8080808080808080808000" },
        { "§5.1: an integer cut short", "ff80" },
        { "§5.1: an integer that overflows", "ffffffffffffffffff7f" },
        { "§5.2: a string longer than its block", "400a61" },
        { "§5.2: a string whose length has no end", "40ff" },
        { "§6.2: a name without a value", "400161" },
        { "§4.2: a size update behind a field", "8220" },
        { "§6.3: a size update beyond the setting", "3fe21f" },
        { "§5.2: an end of string inside a string", "400161 84ffffffff" },
        { "§5.2: padding of eight bits", "400161 821fff" },
        { "§5.2: padding that is not ones", "400161 8118" },
        { "§5.2: padding of a whole byte alone", "400161 81ff" },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Examples_of_appendix_C_are_read(string section, string blocks, string fields)
    {
        // C.5 and C.6 have a table of 256 bytes, so that it evicts.
        HpackDecoder decoder = new(16_384);
        var resize = section is "C.5" or "C.6" ? "3fe101" : "";
        var expected = fields.Split('\n');
        foreach (var (block, i) in blocks.Split(' ').Select(static (block, i) => (block, i)))
        {
            Assert.Equal(expected[i], string.Join('|', Decode(decoder, (i == 0 ? resize : "") + block).Select(static field => $"{field.Name}: {field.Value}")));
        }
    }

    [Fact]
    public void Block_that_copies_a_long_name_again_and_again_ends_the_connection()
    {
        HpackDecoder decoder = new(8_192);
        var name = new string('x', 4_000);
        byte[] first = [0x40, .. NaiveHpack.Integer(name.Length, 7, 0), .. System.Text.Encoding.ASCII.GetBytes(name), 0];

        // A literal with the name of the latest entry, added itself.
        Assert.Equal([(name, "")], Decode(decoder, Convert.ToHexString(first)));
        Assert.Equal(2, Decode(decoder, "7e007e00").Count);
        var fault = Assert.Throws<Http2Exception>(() => Decode(decoder, string.Concat(Enumerable.Repeat("7e00", 5))));
        Assert.Equal(Http2Error.EnhanceYourCalm, fault.Error);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_block_is_a_compression_error(string what, string block)
    {
        var fault = Assert.Throws<Http2Exception>(() => Decode(new HpackDecoder(16_384), block.Replace(" ", "", StringComparison.Ordinal)));
        Assert.True(fault.Error == Http2Error.Compression, what);
    }

    [Fact]
    public void Every_byte_has_the_code_of_appendix_B()
    {
        var room = new byte[2048];
        for (var one = 0; one < 256; one++)
        {
            var text = $"a{(char)one}b{(char)one}";
            var code = NaiveHpack.Huffman(text);
            Assert.Equal(text, Encoding.Latin1.GetString(room, 0, HuffmanCode.Decode(code, room)));
        }
    }

    [Fact]
    public void Huffman_code_never_writes_beyond_the_room_that_it_asks_for() => Gen.Byte.Array[0, 200].Sample(static bytes =>
    {
        var room = new byte[HuffmanCode.MaxDecoded(bytes.Length)];
        Assert.InRange(HuffmanCode.Decode(bytes, room), -1, room.Length);
    });

    [Fact]
    public void Any_fields_in_any_forms_come_through_and_both_tables_stay_equal() =>
        Gen.Select(Field, Gen.Enum<NaiveHpack.Form>(), Gen.Bool, Gen.Bool).Array[0, 12].Array[1, 12].Select(Gen.Int[0, 4096].Array[1, 12]).Sample(static (blocks, limits) =>
        {
            NaiveHpack peer = new();
            HpackDecoder decoder = new(1 << 20);
            for (var i = 0; i < blocks.Length; i++)
            {
                List<byte> block = [];
                if (i < limits.Length && limits[i] % 3 == 0)
                {
                    block.AddRange(peer.Resize(limits[i]));
                }

                foreach (var ((name, value), form, huffman, indexed) in blocks[i])
                {
                    block.AddRange(peer.Encode(name, value, form, huffman, indexed));
                }

                Assert.Equal(blocks[i].Select(static field => field.Item1), Decode(decoder, Convert.ToHexString([.. block])));
                for (var place = 0; place < peer.Table.Count; place++)
                {
                    Assert.Equal([peer.Table[place]], Decode(decoder, Convert.ToHexString(NaiveHpack.Integer(62 + place, 7, 0x80))));
                }

                Assert.Throws<Http2Exception>(() => Decode(decoder, Convert.ToHexString(NaiveHpack.Integer(62 + peer.Table.Count, 7, 0x80))));
            }
        }, iter: 500);

    [Fact]
    public void Random_bytes_are_read_or_refused() => Gen.Byte.Array[0, 500].Array[1, 5].Sample(static blocks =>
    {
        HpackDecoder decoder = new(16_384);
        foreach (var block in blocks)
        {
            try
            {
                FieldCollector sink = new();
                decoder.Decode(block, ref sink);
            }
            catch (Http2Exception fault) when (fault.Error == Http2Error.Compression)
            {
                return;
            }
        }
    });

    [Fact]
    public void What_decodes_to_more_than_it_may_goes_nowhere_and_the_table_stays_right()
    {
        // A bomb: one entry of 4,000 bytes, and a byte for each time that it is meant.
        HpackDecoder decoder = new(16_384);
        NaiveHpack peer = new();
        FieldCollector sink = new();
        byte[] block = [.. peer.Encode("x", new string('y', 4000), NaiveHpack.Form.Adding, false, false), .. Enumerable.Repeat((byte)0xbe, 10_000), .. peer.Encode("a", "b", NaiveHpack.Form.Adding, false, false)];
        Assert.False(decoder.Decode(block, ref sink));
        Assert.Equal(4, sink.Fields.Count);
        Assert.Equal([("a", "b")], Decode(decoder, "be"));
    }

    [Fact]
    public void What_we_write_is_read_by_another() => Field.Array[0, 20].Select(Gen.Int[100, 999]).Sample(static (fields, status) =>
    {
        var room = new byte[100_000];
        var at = HpackEncoder.PutEmptyTable(room);
        at += HpackEncoder.PutStatus(room.AsSpan(at), status);
        foreach (var (name, value) in fields)
        {
            var before = at;
            at += HpackEncoder.Put(room.AsSpan(at), FieldNames.Of(name), Encoding.Latin1.GetBytes(name.ToUpperInvariant()), Encoding.Latin1.GetBytes(value));
            Assert.True(at - before <= HpackEncoder.MaxBytes(name.Length, value.Length));
        }

        Assert.Equal([(":status", $"{status}"), .. fields], NaiveHpack.Decode(room[..at]));
        Assert.Equal([(":status", $"{status}"), .. fields], Decode(new HpackDecoder(1 << 20), Convert.ToHexString(room.AsSpan(0, at))));
    });

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static List<(string Name, string Value)> Decode(HpackDecoder decoder, string block)
    {
        FieldCollector sink = new();
        Assert.True(decoder.Decode(Convert.FromHexString(block), ref sink));
        return sink.Fields;
    }
}
