using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Poisoning;

/// <summary>
/// Web cache deception (O. Gil 2017; Mirheidari et al. 2020, 2022) and leaks of what is one client's: the victim comes first, the attacker asks for the
/// same after it, without the victim's credentials, and must not get the victim's answer.
/// </summary>
public class CacheDeceptionTests
{
    private const string Secret = "the victim's balance";

    public static TheoryData<string> Disguises =>
    [
        "/account/x.css", "/account;.css", "/account;x.css", "/account.css", "/account%2fx.css", "/account%00.css", "/account%0a.css", "/account%09.css", "/account%20.css", "/account%23.css", "/account%3f.css",
        "/account%3b.css", "/account?x.css", "/account/x.js", "/account/x.jpg?v=1", "/account/.css", "/account//x.css", "/account/robots.txt", "/account/favicon.ico", "/static/..%2faccount",
        "/static/%2e%2e%2faccount", "/static/..%2faccount?x.css", "/ACCOUNT/x.css", "/account$x.css", "/account!x.css", "/account~x.css", "/account,x.css", "/assets/../account", "/account\\x.css",
    ];

    /// <summary>A dynamic page that says nothing of caching, as most do, and one that invites a guess by Last-Modified.</summary>
    [Theory]
    [MemberData(nameof(Disguises))]
    public async Task Static_suffix_makes_no_page_of_one_client_everybodys(string target)
    {
        foreach (var fields in (string[])["", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nETag: \"v\"\r\nContent-Type: text/css\r\n", "Cache-Control: private\r\n", "Cache-Control: no-store\r\n"])
        {
            await AssertKeptApartAsync(target, "Cookie: session=victim", fields);
        }
    }

    [Theory]
    [InlineData("Authorization: Basic dmljdGlt", "")]
    [InlineData("Authorization: Basic dmljdGlt", "Cache-Control: max-age=600\r\n")]
    [InlineData("authorization: Bearer victim", "Cache-Control: max-age=600\r\nETag: \"v\"\r\n")]
    [InlineData("Authorization: Basic dmljdGlt", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n")]
    [InlineData("Authorization: Basic dmljdGlt", "Cache-Control: max-age=600\r\nVary: Authorization\r\n")]
    [InlineData("Authorization: Basic dmljdGlt\r\nConnection: Authorization", "Cache-Control: max-age=600\r\n")]
    public async Task Authorized_answer_is_the_authorized_clients(string credentials, string fields) => await AssertKeptApartAsync("/account", credentials, fields);

    [Theory]
    [InlineData("Cache-Control: max-age=600\r\n")]
    [InlineData("Cache-Control: max-age=600, public\r\n")]
    [InlineData("Expires: Wed, 01 Jan 2031 00:00:00 GMT\r\n")]
    [InlineData("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n")]
    [InlineData("Cache-Control: max-age=600\r\nETag: \"v\"\r\n")]
    public async Task Cookie_that_is_set_for_one_client_is_set_for_no_other(string fields)
    {
        var count = 0;
        await using var origin = new WireOrigin((_, connection) =>
            connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nSet-Cookie: session={Interlocked.Increment(ref count)}\r\n{fields}\r\npage").AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        Assert.Equal("session=1", (await edge.GetAsync("/page"))["Set-Cookie"]);
        Assert.NotEqual("session=1", (await edge.GetAsync("/page"))["Set-Cookie"]);
        Assert.NotEqual("session=1", (await edge.SendAsync("HEAD", "/page"))["Set-Cookie"]);
    }

    [Fact]
    public async Task Cookie_set_with_a_304_reaches_its_client_alone()
    {
        var count = 0;
        await using var origin = new WireOrigin((request, connection) => connection.SendAsync(request["If-None-Match"].Length > 0
            ? $"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=600\r\nETag: \"v\"\r\nSet-Cookie: session={Interlocked.Increment(ref count)}\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=1\r\nETag: \"v\"\r\n\r\npage").AsTask());
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.GetAsync("/page");
        edge.Time.Advance(TimeSpan.FromSeconds(5));
        await edge.GetAsync("/page");
        Assert.Equal(1, count);
        for (var i = 0; i < 3; i++)
        {
            Assert.NotEqual("session=1", (await edge.GetAsync("/page"))["Set-Cookie"]);
        }
    }

    [Fact]
    public async Task Vary_by_cookie_keeps_each_cookie_apart()
    {
        await using var origin = new WireOrigin(static (request, connection) =>
        {
            var body = $"for {request["Cookie"]}.";
            return connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nVary: cookie\r\nCache-Control: max-age=600\r\n\r\n{body}").AsTask();
        });
        await using var edge = await WireEdge.StartAsync(origin);
        Assert.Equal("for a=1.", (await edge.GetAsync("/page", "Cookie: a=1")).Text);
        Assert.Equal("for a=2.", (await edge.GetAsync("/page", "Cookie: a=2")).Text);
        Assert.Equal("for .", (await edge.GetAsync("/page")).Text);
        Assert.Contains("b=2", (await edge.GetAsync("/page", "Cookie: a=1", "Cookie: b=2")).Text, StringComparison.Ordinal);
        Assert.Equal("for a=1.", (await edge.GetAsync("/page", "Cookie: a=1")).Text);
        Assert.Equal(4, origin.Requests);
    }

    [Fact]
    public async Task Waiters_of_a_personal_answer_get_their_own()
    {
        TaskCompletionSource asked = new(), answer = new();
        await using var origin = new WireOrigin(async (request, connection) =>
        {
            asked.TrySetResult();
            await answer.Task;
            var body = $"for {request["Cookie"]}.";
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nCache-Control: private\r\n\r\n{body}");
        });
        await using var edge = await WireEdge.StartAsync(origin);
        var victim = edge.GetAsync("/page", "Cookie: victim");
        await asked.Task;
        var others = Enumerable.Range(0, 20).Select(i => edge.GetAsync("/page", $"Cookie: c{i}")).ToArray();
        answer.SetResult();
        Assert.Equal("for victim.", (await victim).Text);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"for c{i}."), (await Task.WhenAll(others)).Select(static reply => reply.Text));
    }

    private static async Task AssertKeptApartAsync(string target, string credentials, string fields)
    {
        await using var origin = new WireOrigin((request, connection) =>
        {
            var body = request["Cookie"].Length + request["Authorization"].Length > 0 ? Secret : "log in first";
            return connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n{fields}\r\n{body}").AsTask();
        });
        await using var edge = await WireEdge.StartAsync(origin);
        await edge.GetAsync(target, credentials);
        Assert.DoesNotContain(Secret, (await edge.GetAsync(target)).Text, StringComparison.Ordinal);
    }
}
