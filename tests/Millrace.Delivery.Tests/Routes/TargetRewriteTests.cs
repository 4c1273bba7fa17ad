using System.Buffers;
using System.Text;
using CsCheck;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Routes;

public class TargetRewriteTests
{
    [Theory]
    [InlineData("/a?x=1&_mr=t&y=2", "/a?x=1&y=2", "t")]
    [InlineData("/a?_mr=t", "/a", "t")]
    [InlineData("/a?%5Fmr=t", "/a?%5Fmr=t", null)]
    [InlineData("/a?", "/a?", null)]
    [InlineData("/a?&&b", "/a?&&b", null)]
    public void Tag_leaves_and_every_other_byte_stays(string target, string key, string? tag) => Assert.Equal((key, tag), Write(new(), target));

    [Fact]
    public void Ignored_parameters_are_neither_key_nor_sent()
    {
        TargetRules rules = new() { IgnoredQuery = ["utm_*", "fbclid"] };
        Assert.Equal("/a?id=1&UTM_x=2", Write(rules, "/a?utm_source=x&id=1&fbclid=2&UTM_x=2&utm_=").Key);
        Assert.Equal("/a", Write(rules, "/a?fbclid").Key);
    }

    [Fact]
    public void Ignored_parameters_are_sent_where_the_operator_says_so()
    {
        TargetRewrite rewrite = new(new TargetRules { IgnoredQuery = ["debug"], SendIgnored = true }, "_mr", signed: false);
        Assert.True(rewrite.SendsMore);
        Assert.Equal("/a?debug=1&x", Encoding.Latin1.GetString(rewrite.Sent("/a?debug=1&_mr=t&x"u8)));
    }

    [Fact]
    public void Only_allowed_parameters_count()
    {
        TargetRules rules = new() { AllowedQuery = ["id", "page"] };
        Assert.Equal("/a?page=2&id=1", Write(rules, "/a?x=1&page=2&id=1&ID=3&idx=4").Key);
        Assert.Equal("/a", Write(new TargetRules { AllowedQuery = [] }, "/a?x=1").Key);
    }

    [Theory]
    [InlineData("/a?b=2&a=1&b=1", "/a?a=1&b=2&b=1")]
    [InlineData("/a?b&a", "/a?a&b")]
    [InlineData("/a?&b&&a&", "/a?a&b")]
    [InlineData("/a?", "/a")]
    public void Sorted_parameters_keep_the_order_within_a_name(string target, string key) => Assert.Equal(key, Write(new TargetRules { SortQuery = true }, target).Key);

    [Fact]
    public void Signature_parameters_leave_on_signed_routes_only()
    {
        ArrayBufferWriter<byte> key = new();
        new TargetRewrite(TargetRules.AsSent, "_mr", signed: true).Write("/a?x&_mr_exp=1&_mr_kid=k&_mr_sig=s"u8, key);
        Assert.Equal("/a?x", Encoding.Latin1.GetString(key.WrittenSpan));
        Assert.Equal("/a?_mr_sig=s", Write(new(), "/a?_mr_sig=s").Key);
    }

    [Fact]
    public void Rewriting_is_idempotent_and_never_lengthens()
    {
        var piece = Gen.OneOf([.. new[] { "a", "b=1", "a=2", "_mr=x", "utm_s=1", "", "=", "c=%41" }.Select(Gen.Const)]);
        var rules = Gen.OneOf([.. new TargetRules[] { new(), new() { SortQuery = true }, new() { IgnoredQuery = ["utm_*"] }, new() { AllowedQuery = ["a", "c"], SortQuery = true } }.Select(Gen.Const)]);
        Gen.Select(piece.Array[0, 8], rules).Sample((pieces, by) =>
        {
            var target = "/P?" + string.Join('&', pieces);
            var once = Write(by, target).Key;
            Assert.Equal(once, Write(by, once).Key);
            Assert.True(once.Length <= target.Length);
        });
    }

    [Theory]
    [InlineData("/%7Euser/%2fx%C3%a4", "/~user/%2Fx%C3%A4")]
    [InlineData("/a%", "/a%")]
    [InlineData("/a%4", "/a%4")]
    [InlineData("/a%zz%41", "/a%zzA")]
    [InlineData("/%2541", "/%2541")]
    public void Path_takes_its_normal_form(string path, string normal)
    {
        Assert.Equal(normal, PathNormal.Of(path));
        Assert.Equal(path == normal, PathNormal.Holds(Encoding.ASCII.GetBytes(path)));
    }

    [Fact]
    public void Faults_name_their_setting()
    {
        var faults = new TargetRules { AllowedQuery = ["a&b"], IgnoredQuery = ["*", "c"] }.Faults().ToArray();
        Assert.Equal(2, faults.Length);
        Assert.All(faults, fault => Assert.StartsWith("query: expected", fault, StringComparison.Ordinal));
    }

    private static (string Key, string? Tag) Write(TargetRules rules, string target)
    {
        ArrayBufferWriter<byte> key = new();
        var tag = new TargetRewrite(rules, "_mr", signed: false).Write(Encoding.Latin1.GetBytes(target), key);
        return (Encoding.Latin1.GetString(key.WrittenSpan), tag);
    }
}
