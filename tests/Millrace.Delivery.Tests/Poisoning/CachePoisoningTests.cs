using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Poisoning;

/// <summary>
/// Web cache poisoning (J. Kettle 2018, 2020; Nguyen et al., "Your Cache Has Fallen", 2019): an attacker's request comes first, a clean client's after it,
/// with the plane's default settings and an origin that repeats whatever it is told. The clean client must get what it would have got without the attacker.
/// </summary>
public class CachePoisoningTests
{
    [Theory]
    [InlineData("X-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Host: site.example\r\nX-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Scheme: http")]
    [InlineData("X-Forwarded-Proto: evil")]
    [InlineData("X-Forwarded-Port: evil")]
    [InlineData("X-Forwarded-Prefix: /evil")]
    [InlineData("X-Forwarded-Path: /evil")]
    [InlineData("X-Forwarded-Server: evil.example")]
    [InlineData("X-Forwarded-For: evil\"><script>")]
    [InlineData("X_Forwarded_Host: evil.example")]
    [InlineData("Forwarded: host=evil.example;proto=http")]
    [InlineData("X-Original-URL: /evil")]
    [InlineData("X-Original-Host: evil.example")]
    [InlineData("X-Rewrite-URL: /evil")]
    [InlineData("X-Host: evil.example")]
    [InlineData("X-HTTP-Host-Override: evil.example")]
    [InlineData("X-URL-Scheme: evil")]
    [InlineData("Front-End-Https: evil")]
    [InlineData("X-HTTP-Method-Override: evil")]
    [InlineData("X-HTTP-Method: evil")]
    [InlineData("X-Method-Override: evil")]
    [InlineData("Proxy: http://evil.example")]
    [InlineData("Connection: close, Host\r\nX-Forwarded-Host: evil.example")]
    [InlineData("Connection: X-Forwarded-Host\r\nX-Forwarded-Host: evil.example")]
    [InlineData("Keep-Alive: evil")]
    [InlineData("TE: evil")]
    [InlineData("Upgrade: evil")]
    [InlineData("Expect: evil")]
    [InlineData("Proxy-Connection: evil")]
    [InlineData("Proxy-Authorization: Basic evil")]
    public async Task Unkeyed_field(string field) => await AssertCleanAsync($"GET /page HTTP/1.1\r\nHost: site.example\r\n{field}\r\n\r\n");

    [Theory]
    [InlineData("GET /page HTTP/1.1\r\nHost: site.example\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("GET /page HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n")]
    [InlineData("HEAD /page HTTP/1.1\r\nHost: site.example\r\nContent-Length: 4\r\n\r\nevil")]
    public async Task Fat_get(string attack) => await AssertCleanAsync(attack);

    [Theory]
    [InlineData(9_000)]
    [InlineData(20_000)]
    [InlineData(31_000)]
    [InlineData(100_000)]
    public async Task Oversize_header_HHO(int length) => await AssertCleanAsync($"GET /page HTTP/1.1\r\nHost: site.example\r\nX-Big: evil{new string('a', length)}\r\n\r\n");

    [Theory]
    [InlineData("X-Meta: evil\u0001")]
    [InlineData("X-Meta: evil\u0007bell")]
    [InlineData("X-Meta: evil\0null")]
    [InlineData("X-Meta: evil\u001bescape")]
    [InlineData("X-Meta: evil\u007fdelete")]
    [InlineData("X-Meta: a\r evil: b")]
    [InlineData("X-Meta: a\n evil: b")]
    [InlineData("X-Meta : evil")]
    [InlineData("X-Meta\u0000: evil")]
    [InlineData(" X-Meta: evil")]
    public async Task Meta_character_HMC(string field) => await AssertCleanAsync($"GET /page HTTP/1.1\r\nHost: site.example\r\n{field}\r\n\r\n");

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("EVIL")]
    [InlineData("get")]
    [InlineData("Head")]
    [InlineData("TRACE")]
    [InlineData("CONNECT")]
    [InlineData("HEAD")]
    public async Task Method_confusion(string method) =>
        await AssertCleanAsync($"{method} /page HTTP/1.1\r\nHost: site.example\r\nX-Evil: evil\r\nContent-Length: 0\r\n\r\n");

    [Theory]
    [InlineData("/page?a=1;b=evil", "/page?a=1")]
    [InlineData("/page?a=1&b=evil", "/page?a=1")]
    [InlineData("/page?a=1&a=evil", "/page?a=1")]
    [InlineData("/page?a=evil&a=1", "/page?a=1")]
    [InlineData("/page?a=1&utm_content=x;a=evil", "/page?a=1&utm_content=x")]
    [InlineData("/page?_mr=evil", "/page")]
    [InlineData("/page?%5Fmr=evil", "/page")]
    [InlineData("/page?_%6dr=evil", "/page")]
    [InlineData("/page?_MR=evil", "/page")]
    [InlineData("/page?a=1&_mr=evil", "/page?a=1")]
    [InlineData("/page?a=1&_mr=x;a=evil", "/page?a=1")]
    [InlineData("/page?_mr=x%26a=evil", "/page")]
    [InlineData("/page?_mr=x&_mr=evil", "/page")]
    [InlineData("/page?_mr=x%00evil", "/page")]
    [InlineData("/page?evil", "/page")]
    [InlineData("/page?", "/page")]
    [InlineData("/page?a=1%26b=evil", "/page?a=1&b=evil2")]
    [InlineData("/page%3fa=evil", "/page")]
    [InlineData("/page%23evil", "/page")]
    [InlineData("/page#evil", "/page")]
    public async Task Parameter_cloaking(string attack, string clean) => await AssertCleanAsync($"GET {attack} HTTP/1.1\r\nHost: site.example\r\n\r\n", clean);

    [Theory]
    [InlineData("/a/page%2fx", "/a/page/x")]
    [InlineData("/a%2fpage", "/a/page")]
    [InlineData("//page", "/page")]
    [InlineData("/./page", "/page")]
    [InlineData("/x/../page", "/page")]
    [InlineData("/x/%2e%2e/page", "/page")]
    [InlineData("/x/%2E%2E%2Fpage", "/page")]
    [InlineData("/x/..%2fpage", "/page")]
    [InlineData("/x/..\\page", "/page")]
    [InlineData("/x/..%5cpage", "/page")]
    [InlineData("\\page", "/page")]
    [InlineData("/PAGE", "/page")]
    [InlineData("/p%61ge", "/page")]
    [InlineData("/page%00", "/page")]
    [InlineData("/page%00.css", "/page")]
    [InlineData("/page%0a", "/page")]
    [InlineData("/page%20", "/page")]
    [InlineData("/page;evil", "/page")]
    [InlineData("/page;.css", "/page")]
    [InlineData("/page/", "/page")]
    [InlineData("/page/.", "/page")]
    [InlineData("/page%", "/page")]
    [InlineData("/page%c0%af", "/page")]
    [InlineData("/page%u002f", "/page")]
    public async Task Path_confusion(string attack, string clean)
    {
        var reply = await AssertCleanAsync($"GET {attack} HTTP/1.1\r\nHost: site.example\r\n\r\n", clean);
        Assert.StartsWith($"GET {clean}\n", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host: site.example:123")]
    [InlineData("Host: site.example:80evil")]
    [InlineData("Host: evil@site.example")]
    [InlineData("Host: site.example/evil")]
    [InlineData("Host: site.example?evil")]
    [InlineData("Host: site.example#evil")]
    [InlineData("Host: site.example\\evil")]
    [InlineData("Host: site.example evil")]
    [InlineData("Host: site.example, evil.example")]
    [InlineData("Host: SITE.example")]
    [InlineData("Host: site.example.")]
    [InlineData("Host: site.example%00evil")]
    [InlineData("Host: evil.example")]
    [InlineData("Host: ")]
    [InlineData("Host: site.example\r\nHost: evil.example")]
    [InlineData("Host: evil.example\r\nHost: site.example")]
    [InlineData("Host : evil.example\r\nHost: site.example")]
    [InlineData(" Host: evil.example\r\nHost: site.example")]
    [InlineData("X: y")]
    public async Task Host_and_port(string field)
    {
        var reply = await AssertCleanAsync($"GET /page HTTP/1.1\r\n{field}\r\n\r\n");
        Assert.Equal("site.example", reply["X-Host"]);
    }

    [Theory]
    [InlineData("http://evil.example/page")]
    [InlineData("http://site.example:123/page")]
    [InlineData("http://evil@site.example/page")]
    [InlineData("https://site.example/page")]
    [InlineData("evil://site.example/page")]
    [InlineData("http:/page")]
    [InlineData("//evil.example/page")]
    [InlineData("@evil.example/page")]
    [InlineData("*")]
    [InlineData("site.example:80")]
    public async Task Absolute_form_with_another_host(string target) => await AssertCleanAsync($"GET {target} HTTP/1.1\r\nHost: site.example\r\n\r\n");

    [Theory]
    [InlineData("Range: bytes=0-3")]
    [InlineData("Range: bytes=-1")]
    [InlineData("Range: bytes=99999-")]
    [InlineData("Range: bytes=0-0,2-2,4-4")]
    [InlineData("Range: evil=0-1")]
    [InlineData("Range: bytes=evil")]
    [InlineData("Range: bytes=0-3\r\nIf-Range: \"evil\"")]
    [InlineData("If-None-Match: *")]
    [InlineData("If-Match: \"evil\"")]
    [InlineData("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT")]
    public async Task Range_and_conditions(string field)
    {
        await using var origin = new WireOrigin(static (request, connection) => connection.SendAsync(request switch
        {
            { Fields: var fields } when request["If-Match"].Length + request["If-Unmodified-Since"].Length > 0 => "HTTP/1.1 412 Failed\r\nContent-Length: 4\r\nCache-Control: max-age=600\r\n\r\nevil",
            _ when request["If-None-Match"].Length > 0 => "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=600\r\nETag: \"v\"\r\n\r\n",
            _ when request["Range"].Contains("99999", StringComparison.Ordinal) => "HTTP/1.1 416 No\r\nContent-Length: 4\r\nCache-Control: max-age=600\r\nContent-Range: bytes */10\r\n\r\nevil",
            _ when request["Range"].StartsWith("bytes=0-3", StringComparison.Ordinal) => "HTTP/1.1 206 Part\r\nContent-Length: 4\r\nETag: \"v\"\r\nCache-Control: max-age=600\r\nContent-Range: bytes 0-3/10\r\n\r\nthe ",
            _ when request["Range"].Length > 0 => "HTTP/1.1 400 evil\r\nContent-Length: 4\r\n\r\nevil",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"v\"\r\nCache-Control: max-age=600\r\n\r\nthe whole!",
        }).AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.GetAsync("/page", field);
        var clean = await edge.GetAsync("/page");
        Assert.Equal((200, "the whole!", true), (clean.Status, clean.Text, clean.IsWhole));
    }

    [Theory]
    [InlineData("400 Bad", "")]
    [InlineData("403 Forbidden", "")]
    [InlineData("404 Not Found", "")]
    [InlineData("405 Not Allowed", "")]
    [InlineData("413 Too Large", "Cache-Control: max-age=600\r\n")]
    [InlineData("414 Too Long", "")]
    [InlineData("431 Too Large", "Cache-Control: max-age=600\r\n")]
    [InlineData("429 Slow Down", "Cache-Control: max-age=600\r\n")]
    [InlineData("408 Timeout", "Cache-Control: max-age=600\r\n")]
    [InlineData("401 Who", "Cache-Control: max-age=600\r\n")]
    [InlineData("500 Broken", "")]
    [InlineData("501 Not Implemented", "")]
    [InlineData("502 Bad Gateway", "")]
    [InlineData("503 Busy", "")]
    public async Task Error_that_an_attacker_provokes_CPDoS(string status, string fields)
    {
        await using var origin = new WireOrigin((request, connection) => connection.SendAsync(request["X-Provoke"].Length > 0
            ? $"HTTP/1.1 {status}\r\nContent-Length: 4\r\n{fields}\r\nevil"
            : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=600\r\n\r\nthe whole!").AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.GetAsync("/page", "X-Provoke: yes");
        edge.Time.Advance(TimeSpan.FromSeconds(2));
        var clean = await edge.GetAsync("/page");
        Assert.Equal((200, "the whole!"), (clean.Status, clean.Text));
    }

    [Theory]
    [InlineData("A: x, y\r\nB: z", "A: x\r\nB: y, z")]
    [InlineData("A: x\r\nB: y", "A: x|B: y")]
    [InlineData("A: x\u001fy", "A: x\r\nB: y")]
    [InlineData("A: \r\nB: x", "A: x\r\nB: ")]
    [InlineData("A: x", "B: x")]
    [InlineData("A: x\tB: y", "A: x\r\nB: y")]
    [InlineData("A: evil", "X: y")]
    [InlineData("Cookie: evil", "X: y")]
    public async Task Variant_key_injection(string attack, string clean)
    {
        await using var origin = new WireOrigin(static (request, connection) =>
        {
            var body = $"A={request["A"]};B={request["B"]};{request["Cookie"]}";
            return connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nVary: A, B, Cookie\r\nCache-Control: max-age=600\r\n\r\n{body}").AsTask();
        });
        await using var edge = await WireEdge.StartAsync(origin);
        await using var pure = await WireEdge.StartAsync(origin);
        await edge.GetAsync("/page", attack);
        Assert.Equal((await pure.GetAsync("/page", clean)).Text, (await edge.GetAsync("/page", clean)).Text);
    }

    /// <summary>What the origin itself lets through into its head stays within its response.</summary>
    [Theory]
    [InlineData("X-Reflected: a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=600\r\n\r\nevil")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=600\r\n\r\nevil")]
    public async Task Response_splitting_reaches_no_other_request(string reflected)
    {
        await using var origin = new WireOrigin((request, connection) => connection.SendAsync(request.Target == "/split"
            ? $"HTTP/1.1 200 OK\r\n{reflected}"
            : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=600\r\n\r\nthe whole!").AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        for (var i = 0; i < 5; i++)
        {
            await edge.GetAsync("/split");
            Assert.Equal("the whole!", (await edge.GetAsync($"/page{i}")).Text);
        }
    }

    /// <summary>Requests hidden in a request's body, by framing that two parsers may read differently: one response each, and never to another client.</summary>
    [Theory]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: site.example\r\n\r\n")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: site.example\r\n\r\n")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nContent-Length: 0, 4\r\n\r\nevil")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nContent-Length: +4\r\n\r\nevil")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /x HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n4\nevil\n0\n\n")]
    public async Task Request_smuggling_is_refused(string attack)
    {
        await using var origin = ReflectingOrigin.Start();
        await using var edge = await WireEdge.StartAsync(origin);
        var reply = await edge.RawAsync(attack);
        Assert.True(reply.Status is 400 or 501, $"{reply.Status}");
        Assert.DoesNotContain(ReflectingOrigin.Mark, (await edge.GetAsync("/page")).Text, StringComparison.Ordinal);
    }

    private static async Task<WireReply> AssertCleanAsync(string attack, string target = "/page")
    {
        await using var origin = ReflectingOrigin.Start();
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.RawAsync(attack, attack.StartsWith("HEAD", StringComparison.Ordinal) ? "HEAD" : "GET");
        var clean = await edge.GetAsync(target);

        // What it would have been without the attacker.
        await using var pure = await WireEdge.StartAsync(origin);
        var untouched = await pure.GetAsync(target);
        Assert.Equal((untouched.Status, untouched.Text), (clean.Status, clean.Text));
        Assert.Equal(Telling(untouched), Telling(clean));
        return clean;

        static IEnumerable<(string, string)> Telling(WireReply reply) => reply.Fields.Where(static field => field.Name is not ("Age" or "Cache-Status" or "Date")).Order();
    }
}
