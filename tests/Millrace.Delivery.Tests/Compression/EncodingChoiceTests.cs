using Millrace.Delivery.Compression;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests.Compression;

/// <summary>RFC 9110 §12.5.3, for an object that can be had in any coding.</summary>
public class EncodingChoiceTests
{
    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip, deflate, zstd", "zstd")]
    [InlineData("gzip;q=1.0, br;q=0.9", "gzip")]
    [InlineData("br;q=0.001", "br")]
    [InlineData("br ; Q=0.5, gzip\t;\tq=0.6", "gzip")]
    [InlineData("deflate, compress", "identity")]
    [InlineData("identity", "identity")]
    [InlineData("identity, gzip;q=0.5", "identity")]
    [InlineData("identity;q=0.5, gzip", "gzip")]
    [InlineData("", "identity")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *", "zstd")]
    [InlineData("gzip;q=0.5, *;q=0.1", "gzip")]
    [InlineData("*;q=0", "identity")]
    [InlineData("gzip;q=0", "identity")]
    [InlineData("identity;q=0", "identity")]
    [InlineData("identity;q=0, *", "br")]
    [InlineData("*;q=0, gzip", "gzip")]
    [InlineData("br;q=0, br", "identity")]
    [InlineData("br;q=1.001, gzip;q=0.1", "gzip")]
    [InlineData("br;q=, gzip;q=0.1", "gzip")]
    [InlineData("br;level=1, gzip;q=0.1", "gzip")]
    [InlineData(",,gzip,,", "gzip")]
    public void The_heaviest_acceptable_coding_is_served(string accepts, string expected) =>
        Assert.Equal(ContentCodings.Of(System.Text.Encoding.ASCII.GetBytes(expected)), Choose(accepts));

    [Fact]
    public void Without_the_field_a_client_gets_what_every_client_reads() =>
        Assert.Equal(ContentCoding.Identity, EncodingChoice.Choose(AcceptedCodings.Parse(new HeaderList())));

    [Fact]
    public void Lines_of_the_field_are_one_list()
    {
        HeaderList request = new();
        request.Add("Accept-Encoding", "gzip;q=0.5");
        request.Add("accept-encoding", "zstd");
        Assert.Equal(ContentCoding.Zstd, EncodingChoice.Choose(AcceptedCodings.Parse(request)));
    }

    private static ContentCoding Choose(string accepts)
    {
        HeaderList request = new();
        request.Add("Accept-Encoding", accepts);
        return EncodingChoice.Choose(AcceptedCodings.Parse(request));
    }
}
