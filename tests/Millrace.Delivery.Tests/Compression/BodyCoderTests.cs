using Millrace.Delivery.Compression;

namespace Millrace.Delivery.Tests.Compression;

public class BodyCoderTests
{
    private readonly BodyCoder _coder = new(new CompressionOptions());

    [Theory]
    [InlineData("Gzip", 3_000)]
    [InlineData("Brotli", 3_000)]
    [InlineData("Zstd", 3_000)]
    [InlineData("Gzip", 300_000)]
    [InlineData("Brotli", 300_000)]
    [InlineData("Zstd", 300_000)]
    public void A_text_becomes_short_and_itself_again(string name, int length)
    {
        var (coding, text) = (Enum.Parse<ContentCoding>(name), Text(length));
        var coded = _coder.Encode([text[..(length / 3)], text[(length / 3)..]], coding)!;
        Assert.InRange(coded.Sum(static piece => piece.Length), 1, length / 2);
        Assert.Equal(text.ToArray(), Join(_coder.Decode(coded, coding)!));
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

        Assert.Null(_coder.Encode([noise], Enum.Parse<ContentCoding>(to)));
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Brotli")]
    [InlineData("Zstd")]
    public void A_body_that_is_cut_short_or_damaged_is_not_decoded(string name)
    {
        var from = Enum.Parse<ContentCoding>(name);
        var coded = Join(_coder.Encode([Text(50_000)], from)!);
        Assert.Null(_coder.Decode([coded.AsMemory(0, coded.Length - 10)], from));
        Assert.Null(_coder.Decode([Text(5_000)], from));
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Brotli")]
    [InlineData("Zstd")]
    public void A_small_body_does_not_unfold_beyond_the_bound(string name)
    {
        var from = Enum.Parse<ContentCoding>(name);
        BodyCoder large = new(new CompressionOptions { MaxBytes = 64 << 20 });
        var bomb = large.Encode([new byte[32 << 20]], from)!;
        Assert.InRange(bomb.Sum(static piece => piece.Length), 1, 100_000);
        Assert.Null(_coder.Decode(bomb, from));
    }

    private static ReadOnlyMemory<byte> Text(int length)
    {
        var text = string.Concat(Enumerable.Range(0, (length / 10) + 1).Select(static i => $"line {i * 7919 % 1000} of a text\n"));
        return System.Text.Encoding.ASCII.GetBytes(text).AsMemory(0, length);
    }

    private static byte[] Join(ReadOnlyMemory<byte>[] pieces) => [.. pieces.SelectMany(static piece => piece.ToArray())];
}
