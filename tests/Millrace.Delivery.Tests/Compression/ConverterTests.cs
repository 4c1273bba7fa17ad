using Millrace.Delivery.Compression;

namespace Millrace.Delivery.Tests.Compression;

public class ConverterTests
{
    private static readonly ReadOnlyMemory<byte>[] Text = [new byte[10_000]];

    [Fact]
    public async Task Who_asks_first_has_it_made_for_those_who_ask_later()
    {
        ConversionSlots slots = new(ContentCoding.Identity);
        Converter converter = new(new CompressionOptions());
        Assert.Null(converter.FindOrOrder(slots, Text, ContentCoding.Gzip));
        await EndAsync(converter);
        Assert.InRange(slots.Find(ContentCoding.Gzip)!.Length, 1, 1_000);
        Assert.Null(slots.Find(ContentCoding.Brotli));
    }

    [Fact]
    public async Task What_is_kept_stays_in_its_bound_and_what_was_asked_for_stays_longer()
    {
        ConversionSlots[] bodies = [.. Enumerable.Range(0, 20).Select(static _ => new ConversionSlots(ContentCoding.Identity))];
        Converter converter = new(new CompressionOptions { KeptBytes = 200, QueueLength = 1000 });
        foreach (var slots in bodies)
        {
            converter.FindOrOrder(slots, Text, ContentCoding.Gzip);
            await UntilAsync(() => slots.Find(ContentCoding.Gzip, asks: false) is not null);
            bodies[0].Find(ContentCoding.Gzip);
        }

        await EndAsync(converter);
        Assert.InRange(converter.KeptBytes, 1, 200);
        Assert.NotNull(bodies[0].Find(ContentCoding.Gzip));
        Assert.Null(bodies[1].Find(ContentCoding.Gzip));
        Assert.Equal(converter.KeptBytes, bodies.Sum(static slots => slots.Find(ContentCoding.Gzip)?.Length ?? 0));

        static async Task UntilAsync(Func<bool> holds)
        {
            while (!holds())
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task What_cannot_be_made_shorter_is_tried_once()
    {
        ConversionSlots slots = new(ContentCoding.Identity);
        Converter converter = new(new CompressionOptions());
        converter.FindOrOrder(slots, [new byte[] { 1, 2, 3 }], ContentCoding.Gzip);
        await EndAsync(converter);
        Assert.Null(slots.Find(ContentCoding.Gzip));
        Assert.False(slots.TryClaim(ContentCoding.Gzip));
        Assert.Equal(0, converter.Made);
    }

    [Fact]
    public async Task Clients_that_cannot_read_a_coded_copy_share_one_decoding_which_is_kept()
    {
        var coded = new BodyCoder(new CompressionOptions()).Encode(Text, ContentCoding.Gzip)!;
        ConversionSlots slots = new(ContentCoding.Gzip);
        Converter converter = new(new CompressionOptions());
        var plain = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => converter.FindOrDecode(slots, coded))));
        Assert.All(plain, made => Assert.Same(plain[0], made));
        await EndAsync(converter);
        Assert.Equal((10_000L, 1L), (converter.KeptBytes, converter.Made));
        Assert.Same(plain[0], slots.Find(ContentCoding.Identity));
    }

    [Fact]
    public async Task What_cannot_be_decoded_is_tried_once_and_what_has_no_place_is_not_kept()
    {
        Converter converter = new(new CompressionOptions());
        ConversionSlots broken = new(ContentCoding.Gzip);
        Assert.Null(converter.FindOrDecode(broken, Text));
        Assert.False(broken.TryClaim(ContentCoding.Identity));
        await EndAsync(converter);
        ConversionSlots late = new(ContentCoding.Gzip);
        Assert.Equal(10_000, converter.FindOrDecode(late, new BodyCoder(new CompressionOptions()).Encode(Text, ContentCoding.Gzip)!)!.Length);
        Assert.Null(late.Find(ContentCoding.Identity));
    }

    [Fact]
    public async Task Beyond_the_queue_nothing_is_ordered_and_it_is_asked_again()
    {
        Converter converter = new(new CompressionOptions());
        await EndAsync(converter);
        ConversionSlots slots = new(ContentCoding.Identity);
        Assert.Null(converter.FindOrOrder(slots, Text, ContentCoding.Gzip));
        Assert.Equal(1, converter.Dropped);
        Assert.True(slots.TryClaim(ContentCoding.Gzip));
    }

    /// <summary>Returns when what was ordered has been made.</summary>
    private static Task EndAsync(Converter converter)
    {
        converter.Dispose();
        return converter.Ended;
    }
}
