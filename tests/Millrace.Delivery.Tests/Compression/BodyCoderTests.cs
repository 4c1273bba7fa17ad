using Millrace.Delivery.Compression;

namespace Millrace.Delivery.Tests.Compression;

public class BodyCoderTests
{
    private readonly BodyCoder _coder = new(new CompressionOptions());

    public static TheoryData<string, string, int> Ways
    {
        get
        {
            TheoryData<string, string, int> ways = [];
            foreach (var from in Enum.GetNames<ContentCoding>())
            {
                foreach (var to in Enum.GetNames<ContentCoding>())
                {
                    ways.Add(from, to, 3_000);
                    ways.Add(from, to, 300_000);
                }
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_coding_becomes_every_other_and_the_text_again(string fromName, string toName, int length)
    {
        var (from, to) = (Enum.Parse<ContentCoding>(fromName), Enum.Parse<ContentCoding>(toName));
        var text = Text(length);
        var held = from == ContentCoding.Identity ? [text] : Convert([text], ContentCoding.Identity, from);
        var coded = Convert(held, from, to);
        Assert.True(to == ContentCoding.Identity || coded.Sum(static piece => piece.Length) < length / 2);
        Assert.Equal(text.ToArray(), Join(to == ContentCoding.Identity ? coded : Convert(coded, to, ContentCoding.Identity)));
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Brotli")]
    [InlineData("Zstd")]
    public void What_comes_out_no_shorter_is_left_as_it_is(string to)
    {
        var noise = new byte[100_000];
        var state = 1UL;
        foreach (ref var b in noise.AsSpan())
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            b = (byte)(state >> 56);
        }

        Assert.Null(_coder.TryConvert([noise], ContentCoding.Identity, Enum.Parse<ContentCoding>(to)));
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Brotli")]
    [InlineData("Zstd")]
    public void A_body_that_is_cut_short_or_damaged_is_not_decoded(string name)
    {
        var from = Enum.Parse<ContentCoding>(name);
        var coded = Join(Convert([Text(50_000)], ContentCoding.Identity, from));
        Assert.Null(_coder.TryConvert([coded.AsMemory(0, coded.Length - 10)], from, ContentCoding.Identity));
        Assert.Null(_coder.TryConvert([Text(5_000)], from, ContentCoding.Identity));
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Brotli")]
    [InlineData("Zstd")]
    public void A_small_body_does_not_unfold_beyond_the_bound(string name)
    {
        var from = Enum.Parse<ContentCoding>(name);
        BodyCoder large = new(new CompressionOptions { MaxBytes = 64 << 20 });
        var bomb = large.TryConvert([new byte[32 << 20]], ContentCoding.Identity, from)!;
        Assert.InRange(bomb.Sum(static piece => piece.Length), 1, 100_000);
        Assert.Null(_coder.TryConvert(bomb, from, ContentCoding.Identity));
    }

    private ReadOnlyMemory<byte>[] Convert(ReadOnlyMemory<byte>[] body, ContentCoding from, ContentCoding to)
    {
        var converted = _coder.TryConvert(body, from, to);
        Assert.NotNull(converted);
        return converted;
    }

    private static ReadOnlyMemory<byte> Text(int length)
    {
        var text = string.Concat(Enumerable.Range(0, (length / 10) + 1).Select(static i => $"line {i * 7919 % 1000} of a text\n"));
        return System.Text.Encoding.ASCII.GetBytes(text).AsMemory(0, length);
    }

    private static byte[] Join(ReadOnlyMemory<byte>[] pieces) => [.. pieces.SelectMany(static piece => piece.ToArray())];
}
