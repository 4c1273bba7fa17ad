using Millrace.Delivery.Compression;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Compression;

public class CompressionRulesTests
{
    private static readonly CompressionOptions Options = new();

    [Theory]
    [InlineData("text/html; charset=utf-8", true)]
    [InlineData("Text/Plain", true)]
    [InlineData("application/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/wasm", true)]
    [InlineData("text/event-stream", false)]
    [InlineData("image/jpeg", false)]
    [InlineData("video/mp4", false)]
    [InlineData("application/zip", false)]
    [InlineData("font/woff2", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("", false)]
    public void Texts_are_compressed_and_what_is_compressed_is_not(string type, bool expected) =>
        Assert.Equal(expected, CompressionRules.IsCompressible(System.Text.Encoding.ASCII.GetBytes(type)));

    [Fact]
    public void Text_of_some_length_may_be_converted() => Assert.Equal(CompressionReason.None, Judge([]));

    [Fact]
    public void No_transform_is_obeyed() => Assert.Equal(CompressionReason.NoTransform, Judge([("Cache-Control", "max-age=60, No-Transform")]));

    [Theory]
    [InlineData("Content-MD5", "Q2hlY2sgSW50ZWdyaXR5IQ==")]
    [InlineData("Content-Digest", "sha-256=:AAAA:")]
    [InlineData("Repr-Digest", "sha-256=:AAAA:")]
    [InlineData("Digest", "sha-256=AAAA")]
    public void Bytes_that_have_a_digest_stay_as_they_are(string name, string value) => Assert.Equal(CompressionReason.Digest, Judge([(name, value)]));

    [Theory]
    [InlineData("gzip", "None")]
    [InlineData("identity", "None")]
    [InlineData("deflate", "Coding")]
    [InlineData("gzip, br", "Coding")]
    public void Coding_that_is_not_understood_stays(string coding, string expected) => Assert.Equal(Enum.Parse<CompressionReason>(expected), Judge([("Content-Encoding", coding)]));

    [Fact]
    public void Parts_and_other_statuses_stay_as_they_are()
    {
        Assert.Equal(CompressionReason.Status, Judge([], status: 206));
        Assert.Equal(CompressionReason.Status, Judge([], status: 404));
        Assert.Equal(CompressionReason.Status, Judge([("Content-Range", "bytes 0-9/100")]));
    }

    [Theory]
    [InlineData(1023L)]
    [InlineData((2L << 20) + 1)]
    public void The_short_and_the_long_stay_as_they_are(long length) => Assert.Equal(CompressionReason.Length, Judge([], length: length));

    [Fact]
    public void A_conversion_says_its_coding_weakens_its_tag_and_offers_no_ranges()
    {
        var fields = Fields([("ETag", "\"a\""), ("Content-Length", "5000"), ("Accept-Ranges", "bytes"), ("Vary", "Cookie")]);
        CompressionRules.Convert(fields, ContentCoding.Brotli);
        CompressionRules.AddVary(fields);
        Assert.Equal("br", fields.First("Content-Encoding"));
        Assert.Equal("W/\"a\"", fields.First("ETag"));
        Assert.Null(fields.First("Content-Length"));
        Assert.Null(fields.First("Accept-Ranges"));
        Assert.Equal("Cookie, Accept-Encoding", fields.Combined("Vary"));
        Assert.True(EntityTag.MatchWeakly(fields.First(FieldId.ETag), "\"a\""u8));
        Assert.False(EntityTag.MatchStrongly(fields.First(FieldId.ETag), "\"a\""u8));
    }

    [Fact]
    public void A_decoded_one_names_no_coding_and_a_weak_tag_stays()
    {
        var fields = Fields([("ETag", "W/\"a\""), ("Content-Encoding", "gzip"), ("Vary", "accept-encoding")]);
        CompressionRules.Convert(fields, ContentCoding.Identity);
        CompressionRules.AddVary(fields);
        Assert.Null(fields.First("Content-Encoding"));
        Assert.Equal("W/\"a\"", fields.First("ETag"));
        Assert.Equal("accept-encoding", fields.Combined("Vary"));
    }

    private static CompressionReason Judge((string Name, string Value)[] more, int status = 200, long length = 5000) =>
        CompressionRules.Judge(status, Fields(more), noTransform: false, length, Options);

    private static HeaderList Fields((string Name, string Value)[] more)
    {
        HeaderList fields = new();
        fields.Add("Content-Type", "text/html");
        foreach (var (name, value) in more)
        {
            fields.Add(name, value);
        }

        return fields;
    }
}
