using System.Text;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tests;

public class RequestRulesTests
{
    [Theory]
    [InlineData("/", "", "/")]
    [InlineData("/a/b.c?d=e/../f&g=%", "", "/a/b.c?d=e/../f&g=%")]
    [InlineData("/...", "", "/...")]
    [InlineData("/.well-known/x", "", "/.well-known/x")]
    [InlineData("//a//b", "", "//a//b")]
    [InlineData("/a%20b%2Fc", "", "/a%20b%2Fc")]
    [InlineData("http://h/a?b", "h", "/a?b")]
    [InlineData("HTTPS://h:1", "h:1", "")]
    [InlineData("http://h?q", "h", "?q")]
    public void Origin_and_absolute_form_are_taken_apart(string target, string authority, string pathAndQuery)
    {
        Assert.True(RequestTarget.TryParse(Encoding.Latin1.GetBytes(target), out var parsed));
        Assert.Equal((authority, pathAndQuery), (Heads.Text(parsed.Authority), Heads.Text(parsed.PathAndQuery)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a")]
    [InlineData("h:80")]
    [InlineData("ftp://h/")]
    [InlineData("http:///a")]
    [InlineData("http://u@h/")]
    [InlineData("http://h\\@x/")]
    [InlineData("/a#b")]
    [InlineData("/a\\b")]
    [InlineData("/a b")]
    [InlineData("/a\rb")]
    [InlineData("/a\u007f")]
    [InlineData("/a/..")]
    [InlineData("/./a")]
    [InlineData("/a/%2E%2e/b")]
    [InlineData("/a/.%2e")]
    [InlineData("/a%2f..%2Fb")]
    [InlineData("/a/..%5cb")]
    [InlineData("/a/..;x/b")]
    [InlineData("/a/.;/b")]
    [InlineData("/a%00b")]
    [InlineData("/a%zz")]
    [InlineData("/a%2")]
    [InlineData("http://h/../a")]
    public void Target_that_an_origin_may_resolve_otherwise_is_refused(string target) =>
        Assert.False(RequestTarget.TryParse(Encoding.Latin1.GetBytes(target), out _));

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-b_c.example.", true)]
    [InlineData("a:65535", true)]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("", false)]
    [InlineData(":80", false)]
    [InlineData("a:", false)]
    [InlineData("a:0", false)]
    [InlineData("a:65536", false)]
    [InlineData("a:8x", false)]
    [InlineData("a:80:80", false)]
    [InlineData("a, b", false)]
    [InlineData("a b", false)]
    [InlineData("u@a", false)]
    [InlineData("a/b", false)]
    [InlineData("a?b", false)]
    [InlineData("a%2eb", false)]
    [InlineData("[::1", false)]
    [InlineData("[]", false)]
    [InlineData("[::1]x", false)]
    [InlineData("caf\u00e9", false)]
    public void Authority_is_a_host_and_perhaps_a_port(string text, bool valid) => Assert.Equal(valid, Authority.IsValid(Encoding.Latin1.GetBytes(text)));

    [Theory]
    [InlineData("GET", "None")]
    [InlineData("PURGE", "None")]
    [InlineData("X-OTHER", "None")]
    [InlineData("get", "Method")]
    [InlineData("Connect", "Method")]
    [InlineData("TRACE", "MethodRefused")]
    [InlineData("CONNECT", "MethodRefused")]
    public void Method_is_known_in_its_own_case_or_not_at_all(string method, string fault) =>
        Assert.Equal(fault, $"{RequestRules.JudgeMethod(Encoding.Latin1.GetBytes(method))}");

    [Theory]
    [InlineData("/", "Host: a", "None")]
    [InlineData("/", "", "Host")]
    [InlineData("/", "Host: a|Host: a", "Host")]
    [InlineData("/", "Host:", "Host")]
    [InlineData("/", "Host: a, b", "Host")]
    [InlineData("http://A/", "Host: a", "None")]
    [InlineData("http://b/", "Host: a", "None")]
    [InlineData("http://b/", "Host: a|Host: b", "Host")]
    [InlineData("https://a/", "Host: a", "Target")]
    public void Request_names_one_host(string target, string fields, string fault)
    {
        Assert.True(RequestTarget.TryParse(Encoding.Latin1.GetBytes(target), out var parsed));
        Assert.Equal(fault, $"{RequestRules.JudgeHost(List(fields), parsed, "http"u8)}");
    }

    [Theory]
    [InlineData("close, X-Hop", "None")]
    [InlineData("Host", "Connection")]
    [InlineData("close, content-length", "Connection")]
    [InlineData("a b", "Connection")]
    public void Connection_names_nothing_that_frames_or_routes(string value, string fault) =>
        Assert.Equal(fault, $"{RequestRules.JudgeConnection(List($"Connection: {value}"))}");

    [Theory]
    [InlineData(1, "", "None", "None", 0)]
    [InlineData(1, "Content-Length: 0", "None", "None", 0)]
    [InlineData(0, "Content-Length: 007", "None", "Length", 7)]
    [InlineData(1, "Content-Length: +5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: -5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 0x5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 5 5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 5, 5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 5|Content-Length: 5", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 5|Content-Length: 6", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length:", "ContentLength", "None", 0)]
    [InlineData(1, "Content-Length: 99999999999999999999", "ContentLength", "None", 0)]
    [InlineData(1, "Transfer-Encoding: Chunked", "None", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: chunked, chunked", "TransferEncoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: ,chunked", "TransferEncoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: chunked|Transfer-Encoding: chunked", "TransferEncoding", "None", 0)]
    [InlineData(1, "Transfer-Encoding: chunked;a=b", "TransferEncoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: \u000bchunked", "TransferEncoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding:", "TransferEncoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: identity", "TransferCoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: xchunked", "TransferCoding", "Chunked", 0)]
    [InlineData(1, "Transfer-Encoding: chunked|Content-Length: 5", "TransferEncoding", "None", 0)]
    [InlineData(0, "Transfer-Encoding: chunked", "TransferEncoding", "None", 0)]
    public void Request_body_is_framed_in_one_way(int minor, string fields, string fault, string kind, long length)
    {
        Assert.Equal(fault, $"{BodyFraming.OfRequest(List(fields), minor, out var framing)}");
        if (fault == "None")
        {
            Assert.Equal((kind, length), ($"{framing.Kind}", framing.Length));
        }
    }

    [Theory]
    [InlineData(200, "", "None", "UntilClose", 0)]
    [InlineData(204, "Content-Length: 5", "None", "None", 0)]
    [InlineData(304, "Transfer-Encoding: chunked", "None", "None", 0)]
    [InlineData(103, "", "None", "None", 0)]
    [InlineData(200, "Content-Length: 0", "None", "Length", 0)]
    [InlineData(200, "Content-Length: 5, 5|Content-Length: 5", "None", "Length", 5)]
    [InlineData(200, "Content-Length: 5, 6", "ContentLength", "", 0)]
    [InlineData(200, "Content-Length: ,", "ContentLength", "", 0)]
    [InlineData(200, "Transfer-Encoding: chunked|Content-Length: 5", "None", "Chunked", 0)]
    [InlineData(200, "Transfer-Encoding: gzip, chunked", "TransferCoding", "", 0)]
    [InlineData(200, "Transfer-Encoding: x-gzip", "TransferCoding", "", 0)]
    [InlineData(200, "Transfer-Encoding: unheard-of", "None", "UntilClose", 0)]
    public void Response_body_is_framed_as_the_rfc_says(int status, string fields, string fault, string kind, long length)
    {
        Assert.Equal(fault, $"{BodyFraming.OfResponse(List(fields), 1, status, toHead: false, out var framing)}");
        if (fault == "None")
        {
            Assert.Equal((kind, length), ($"{framing.Kind}", framing.Length));
        }
    }

    private static HeaderList List(string lines)
    {
        HeaderList fields = new();
        foreach (var line in lines.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(line[..colon], line[(colon + 1)..].Trim(' '));
        }

        return fields;
    }
}
