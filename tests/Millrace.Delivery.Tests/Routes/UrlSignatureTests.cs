using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Routes;

public class UrlSignatureTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_796_000_000);
    private static readonly SigningKey Old = new("k1", Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef"));
    private static readonly SigningKey Young = new("k2", Encoding.UTF8.GetBytes("fedcba9876543210fedcba9876543210"));
    private static readonly SigningRules Rules = new() { Keys = [Old, Young] };

    /// <summary>The worked example of docs/API.md, computed step by step as the page tells.</summary>
    [Fact]
    public void Signature_is_what_the_documentation_says()
    {
        const string Text = "millrace-url-1\nvideo.example\n/film/1.mp4?q=hd&_mr_exp=1796000060&_mr_kid=k1";
        var signature = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef"), Encoding.UTF8.GetBytes(Text)));
        Assert.Equal("bWrS78bvf2Jd3BjBMcmffv1_26RyzI2z-X35RaAJZUY", signature);
        Assert.Equal(
            $"https://video.example/film/1.mp4?q=hd&_mr_exp=1796000060&_mr_kid=k1&_mr_sig={signature}",
            UrlSignature.Sign("https://video.example/film/1.mp4?q=hd", Old, Now.AddSeconds(60)));
    }

    [Theory]
    [InlineData("https://video.example/film/1.mp4?q=hd")]
    [InlineData("http://VIDEO.example:80/%7efilm")]
    [InlineData("http://video.example")]
    public void What_is_signed_is_taken_until_it_expires(string url)
    {
        var signed = UrlSignature.Sign(url, Young, Now.AddSeconds(60));
        Assert.Equal(DeliveryReason.None, Verify(signed, Now));
        Assert.Equal(DeliveryReason.None, Verify(signed, Now.AddSeconds(59)));
        Assert.Equal(DeliveryReason.SignatureExpired, Verify(signed, Now.AddSeconds(60)));
    }

    [Fact]
    public void Tag_may_be_hung_on_a_signed_url() => Assert.Equal(DeliveryReason.None, Verify(UrlSignature.Sign("http://video.example/a", Old, Now.AddSeconds(1)) + "&_mr=token", Now));

    [Fact]
    public void Every_change_of_a_signed_url_is_refused()
    {
        var signed = UrlSignature.Sign("http://video.example/film?q=hd", Old, Now.AddSeconds(60));
        Assert.Equal(DeliveryReason.SignatureMissing, Verify("http://video.example/film?q=hd", Now));
        Assert.Equal(DeliveryReason.SignatureMissing, Verify("http://video.example/film", Now));
        string[] changed =
        [
            signed.Replace("film", "filn", StringComparison.Ordinal), signed.Replace("q=hd", "q=sd", StringComparison.Ordinal), signed + "&extra", signed.Replace("q=hd&", "", StringComparison.Ordinal),
            signed.Replace("_mr_exp=1796000060", "_mr_exp=1796009999", StringComparison.Ordinal), signed.Replace("_mr_kid=k1", "_mr_kid=k2", StringComparison.Ordinal),
            signed.Replace("_mr_kid=k1", "_mr_kid=k3", StringComparison.Ordinal), signed.Replace("video.example", "audio.example", StringComparison.Ordinal), signed + "A", signed[..^1],
            signed + "&_mr_exp=1796009999", signed + "&_mr_kid=k1", signed + "&_mr_sig=x", signed + string.Concat(Enumerable.Repeat("&", 100)),
        ];
        Assert.All(changed, url => Assert.Equal(DeliveryReason.SignatureInvalid, Verify(url, Now)));
    }

    [Fact]
    public void Key_that_was_withdrawn_signs_no_more()
    {
        var signed = UrlSignature.Sign("http://video.example/a", Old, Now.AddSeconds(60));
        Assert.Equal(DeliveryReason.SignatureInvalid, Verify(signed, Now, new SigningRules { Keys = [Young] }));
    }

    [Theory]
    [InlineData("video.example/a")]
    [InlineData("ftp://video.example/a")]
    [InlineData("http://video.example/a#b")]
    [InlineData("http://video.example/a?_mr_sig=x")]
    public void What_cannot_be_signed_is_named(string url) => Assert.Throws<ArgumentException>(() => UrlSignature.Sign(url, Old, Now));

    [Fact]
    public void Faults_of_keys_are_told_without_their_secrets()
    {
        SigningRules wrong = new() { Keys = [new("k", new byte[8]), new("k", new byte[32]), new("a b", new byte[32])] };
        Assert.Equal(3, wrong.Faults().Count());
        Assert.Single(new SigningRules { Keys = [] }.Faults());
    }

    private static DeliveryReason Verify(string url, DateTimeOffset now, SigningRules? rules = null)
    {
        var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = rest[..slash].Replace(":80", "", StringComparison.Ordinal);
        return UrlSignature.Verify(rules ?? Rules, Encoding.ASCII.GetBytes(authority), Encoding.ASCII.GetBytes(rest[slash..]), "_mr", now);
    }
}
