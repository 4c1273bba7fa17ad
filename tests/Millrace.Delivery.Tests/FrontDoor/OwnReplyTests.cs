using System.Net;
using System.Text.Json.Nodes;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Http1;
using Millrace.Delivery.Observing;

namespace Millrace.Delivery.Tests;

/// <summary>What the cache says in its own name.</summary>
public class OwnReplyTests
{
    [Fact]
    public async Task Own_reply_has_a_date_over_either_version()
    {
        await using var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"));
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(edge.Edge, "/a")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            message.Headers.Host = "nowhere.example";
            using var response = await edge.Client.SendAsync(message, TestContext.Current.CancellationToken);
            var reply = await Reply.OfAsync(response);
            Assert.Equal((404, edge.Time.GetUtcNow()), (reply.Status, HttpDate.Parse(System.Text.Encoding.ASCII.GetBytes(reply.Headers["Date"]), edge.Time.GetUtcNow())));
        }
    }

    [Theory]
    [InlineData("GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target")]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\nHost: evil\r\n\r\n", 400, "host")]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\nX: evil\u0001\r\n\r\n", 400, "fieldValue")]
    [InlineData("GET /a HTTP/1.1\nHost: h\n\n", 400, "bareLineFeed")]
    [InlineData("TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", 405, "methodRefused")]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\nExpect: evil\r\n\r\n", 417, "expectation")]
    [InlineData("GET /a HTTP/3.0\r\nHost: h\r\n\r\n", 505, "version")]
    public async Task Refusal_says_which_rule_was_broken_and_nothing_of_the_request(string request, int status, string cause)
    {
        await using var door = await Door.OpenAsync();
        using var client = await door.ConnectAsync();
        await client.SendAsync(request);
        var reply = (await client.ReadAsync())!;
        var problem = JsonNode.Parse(reply.Body)!;
        Assert.Equal((status, Enum.Parse<HeadFault>(cause, ignoreCase: true).Rule()), (reply.Status, (string?)problem["detail"]));
        Assert.DoesNotContain("evil", reply.Body, StringComparison.Ordinal);
        Assert.Equal(status == 405, reply.Head.Contains("\r\nAllow: GET, HEAD", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_fault_has_words()
    {
        var words = Enum.GetValues<HeadFault>().Except([HeadFault.None]).Select(static fault => fault.Rule()).ToArray();
        Assert.All(words, Assert.NotNull);
        Assert.Distinct(words);
    }

    [Fact]
    public async Task Refused_HEAD_has_no_body()
    {
        await using var door = await Door.OpenAsync();
        using var client = await door.ConnectAsync();
        await client.SendAsync("HEAD /a/../b HTTP/1.1\r\nHost: h\r\n\r\n");
        client.EndSending();
        Assert.Equal(400, (await client.ReadAsync(toHead: true))!.Status);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Access_log_has_host_path_and_cause_of_what_was_refused()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-log-");
        var file = Path.Combine(folder.FullName, "access.ndjson");
        await using (var edge = await DeliveryHarness.StartAsync(CachingTests.Page("max-age=60"), new DeliveryOptions { AccessLog = new AccessLogOptions { Path = file } }))
        {
            using var client = await RawClient.ConnectAsync(edge.Edge);
            await client.SendAsync("GET /a?secret HTTP/1.1\r\nHost: h.example\r\nX: \u0001\r\n\r\n");
            Assert.Equal(400, (await client.ReadAsync())!.Status);
            await edge.RecordAsync();
            await edge.Plane.CloseLogAsync();
        }

        var line = JsonNode.Parse((await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))[0])!;
        Assert.Equal(("GET", "h.example", "/a", "badRequest", "fieldValue"), ((string)line["method"]!, (string)line["host"]!, (string)line["path"]!, (string)line["reason"]!, (string)line["cause"]!));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Absolute_form_says_whose_the_request_is_and_replaces_Host()
    {
        List<string> asked = [];
        await using var door = await Door.OpenAsync(new RawOrigin((head, stream) =>
        {
            asked.Add(head);
            return RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
        }));
        using var client = await door.ConnectAsync();
        await client.SendAsync("GET http://right.example/a HTTP/1.1\r\nHost: wrong.example\r\n\r\nGET /a HTTP/1.1\r\nHost: right.example\r\n\r\nGET /a HTTP/1.1\r\nHost: wrong.example\r\n\r\n");
        Assert.Contains("fwd=uri-miss", (await client.ReadAsync())!.Head, StringComparison.Ordinal);
        Assert.Contains("Millrace; hit", (await client.ReadAsync())!.Head, StringComparison.Ordinal);
        Assert.Contains("fwd=uri-miss", (await client.ReadAsync())!.Head, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Host: right.example", asked[0], StringComparison.Ordinal);
        Assert.DoesNotContain("wrong.example", asked[0], StringComparison.Ordinal);
    }
}
