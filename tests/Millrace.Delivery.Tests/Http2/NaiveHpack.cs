using System.Reflection;
using System.Text;

namespace Millrace.Delivery.Tests.Http2;

/// <summary>
/// RFC 7541 once more, simple and slow, from the text alone: tables as lists of strings, codes bit by bit. Its Huffman code is that of .NET's own
/// HTTP/2, so a wrong length in ours is seen.
/// </summary>
internal sealed class NaiveHpack
{
    private static readonly (uint Code, int Bits)[] Codes = ReadCodes();

    private static readonly string[] StaticNames = "|:authority|:method|:method|:path|:path|:scheme|:scheme|:status|:status|:status|:status|:status|:status|:status|accept-charset|accept-encoding|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate".Split('|');

    private static readonly Dictionary<int, string> StaticValues = new()
    {
        [2] = "GET", [3] = "POST", [4] = "/", [5] = "/index.html", [6] = "http", [7] = "https", [8] = "200", [9] = "204", [10] = "206", [11] = "304", [12] = "400", [13] = "404", [14] = "500", [16] = "gzip, deflate",
    };

    private readonly List<(string Name, string Value)> _table = [];
    private int _limit = 4096;

    /// <summary>How a field is written.</summary>
    public enum Form
    {
        Indexed,
        Adding,
        Without,
        Never,
    }

    /// <summary>What the table holds, newest first.</summary>
    public IReadOnlyList<(string Name, string Value)> Table => _table;

    public static byte[] Huffman(string text)
    {
        StringBuilder bits = new();
        foreach (var one in Encoding.Latin1.GetBytes(text))
        {
            bits.Append(Convert.ToString(Codes[one].Code, 2).PadLeft(Codes[one].Bits, '0'));
        }

        bits.Append('1', (8 - (bits.Length % 8)) % 8);
        return [.. bits.ToString().Chunk(8).Select(static eight => Convert.ToByte(new string(eight), 2))];
    }

    public static byte[] Integer(int value, int prefix, int flags)
    {
        var max = (1 << prefix) - 1;
        if (value < max)
        {
            return [(byte)(flags | value)];
        }

        List<byte> bytes = [(byte)(flags | max)];
        for (value -= max; value >= 128; value /= 128)
        {
            bytes.Add((byte)((value % 128) + 128));
        }

        return [.. bytes, (byte)value];
    }

    public static byte[] Text(string text, bool huffman)
    {
        var bytes = huffman ? Huffman(text) : Encoding.Latin1.GetBytes(text);
        return [.. Integer(bytes.Length, 7, huffman ? 0x80 : 0), .. bytes];
    }

    public byte[] Resize(int limit)
    {
        _limit = limit;
        Evict();
        return Integer(limit, 5, 0x20);
    }

    /// <summary>Writes a field; one that stands nowhere is written as a literal however it was asked for.</summary>
    public byte[] Encode(string name, string value, Form form, bool huffman, bool namesByIndex)
    {
        var all = Enumerable.Range(1, 61).Select(static i => (StaticNames[i], StaticValues.GetValueOrDefault(i, ""))).Concat(_table).ToList();
        if (form == Form.Indexed && all.IndexOf((name, value)) is >= 0 and var whole)
        {
            return Integer(whole + 1, 7, 0x80);
        }

        var index = namesByIndex ? all.FindLastIndex(one => one.Item1 == name) + 1 : 0;
        var (prefix, flags) = form switch { Form.Adding => (6, 0x40), Form.Never => (4, 0x10), _ => (4, 0) };
        if (form == Form.Adding)
        {
            _table.Insert(0, (name, value));
            Evict();
        }

        return [.. Integer(index, prefix, flags), .. index == 0 ? Text(name, huffman) : [], .. Text(value, huffman)];
    }

    /// <summary>Reads a block of our encoder's, which has no table and no Huffman code.</summary>
    public static List<(string Name, string Value)> Decode(byte[] block)
    {
        List<(string, string)> fields = [];
        for (var at = 0; at < block.Length;)
        {
            if (block[at] >= 0x80)
            {
                var index = Read(block, ref at, 7);
                fields.Add((StaticNames[index], StaticValues.GetValueOrDefault(index, "")));
            }
            else if ((block[at] & 0xe0) == 0x20)
            {
                Read(block, ref at, 5);
            }
            else
            {
                Assert.Equal(0, block[at] & 0xf0);
                var name = Read(block, ref at, 4) is > 0 and var index ? StaticNames[index] : ReadText(block, ref at);
                fields.Add((name, ReadText(block, ref at)));
            }
        }

        return fields;
    }

    private static int Read(byte[] block, ref int at, int prefix)
    {
        var max = (1 << prefix) - 1;
        var value = block[at++] & max;
        for (var shift = 0; value >= max; shift += 7)
        {
            value += (block[at] & 0x7f) << shift;
            if (block[at++] < 0x80)
            {
                break;
            }
        }

        return value;
    }

    private static string ReadText(byte[] block, ref int at)
    {
        Assert.True(block[at] < 0x80);
        var length = Read(block, ref at, 7);
        at += length;
        return Encoding.Latin1.GetString(block, at - length, length);
    }

    private void Evict()
    {
        while (_table.Sum(static field => field.Name.Length + field.Value.Length + 32) > _limit)
        {
            _table.RemoveAt(_table.Count - 1);
        }
    }

    private static (uint, int)[] ReadCodes()
    {
        var encode = Type.GetType("System.Net.Http.HPack.Huffman, Microsoft.AspNetCore.Server.Kestrel.Core", throwOnError: true)!
            .GetMethod("Encode", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static, [typeof(int)])!;
        return [.. Enumerable.Range(0, 256).Select(one => ((uint Code, int Bits))encode.Invoke(null, [one])!).Select(static one => (one.Code >> (32 - one.Bits), one.Bits))];
    }
}
