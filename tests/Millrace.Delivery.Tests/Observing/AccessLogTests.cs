using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Millrace.Delivery.Observing;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Observing;

public sealed class AccessLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-log-").FullName;

    private string File => Path.Combine(_folder, "access.ndjson");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Line_tells_what_became_of_a_request_and_no_more_of_the_person_than_is_asked_for()
    {
        var lines = await ServeAsync(new AccessLogOptions { Path = File }, "/a?q=secret", "/a?q=secret");
        var hit = JsonNode.Parse(lines[1])!;
        Assert.Equal(
            ("GET", "127.0.0.1/*", "/a", 200, "hit", "none", true, 60, "127.0.0.0/24"),
            ((string)hit["method"]!, (string)hit["route"]!, (string)hit["path"]!, (int)hit["status"]!, (string)hit["outcome"]!, (string)hit["reason"]!, (bool)hit["complete"]!, (int)hit["ttl"]!, (string)hit["client"]!));
        Assert.Equal((string)JsonNode.Parse(lines[0])!["key"]!, (string)hit["key"]!);
        Assert.All(lines, static line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Query_and_address_are_written_where_they_are_wanted()
    {
        var line = JsonNode.Parse((await ServeAsync(new AccessLogOptions { Path = File, KeepQuery = true, Client = ClientForm.Full }, "/a?q=x"))[0])!;
        Assert.Equal(("/a?q=x", "127.0.0.1"), ((string)line["path"]!, (string)line["client"]!));
    }

    [Fact]
    public async Task Secrets_in_a_query_are_never_written()
    {
        SigningKey key = new("k1", new byte[32]);
        await using var edge = await StartAsync(new AccessLogOptions { Path = File, KeepQuery = true, Redacted = ["ticket"] });
        edge.Plane.UpdateRoutes(RouteTable.Create([new Route("127.0.0.1/*", edge.Origin, Contract.Available) { Signing = new SigningRules { Keys = [key] } }]));
        var signed = key.Sign($"{edge.Edge}a?q=x&Ticket=s1&access%5Ftoken=s2", edge.Time.GetUtcNow().AddHours(1))[(edge.Edge.OriginalString.TrimEnd('/').Length)..];
        await edge.GetAsync($"{signed}&_mr=s3&token");
        await edge.RecordAsync();
        await edge.Plane.CloseLogAsync();
        var path = (string)JsonNode.Parse((await System.IO.File.ReadAllLinesAsync(File, TestContext.Current.CancellationToken))[0])!["path"]!;
        Assert.Equal(
            "/a?q=x&Ticket=(redacted)&access%5Ftoken=(redacted)&_mr_exp=(redacted)&_mr_kid=(redacted)&_mr_sig=(redacted)&_mr=(redacted)&token", path);
    }

    [Fact]
    public async Task Renamed_file_is_let_go_on_request()
    {
        await using var edge = await StartAsync(new AccessLogOptions { Path = File });
        await edge.GetAsync("/before");
        await edge.RecordAsync();
        await DeliveryHarness.UntilAsync(() => System.IO.File.Exists(File) && Read(File).Contains("/before", StringComparison.Ordinal));
        System.IO.File.Move(File, File + ".rotated");
        edge.Plane.ReopenLog();
        await edge.GetAsync("/after");
        await edge.RecordAsync();
        await edge.Plane.CloseLogAsync();
        Assert.Contains("/before", Read(File + ".rotated"), StringComparison.Ordinal);
        Assert.Contains("/after", Read(File), StringComparison.Ordinal);
        Assert.DoesNotContain("/after", Read(File + ".rotated"), StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_cannot_be_renamed_grows_to_twice_its_bound_and_no_further()
    {
        using LogFile file = new(File, rotateBytes: 100, keep: 1);
        Directory.CreateDirectory(File + ".1");
        System.IO.File.WriteAllText(Path.Combine(File + ".1", "in the way"), "");
        var line = new byte[10];
        for (var i = 0; i < 20; i++)
        {
            file.Write(line);
        }

        for (var i = 0; i < 1_000; i++)
        {
            Assert.Throws<IOException>(() => file.Write(line));
        }

        Assert.Equal(200, new FileInfo(File).Length);
        Directory.Delete(File + ".1", recursive: true);
        var refused = 0;
        while (!System.IO.File.Exists(File + ".1"))
        {
            try
            {
                file.Write(line);
            }
            catch (IOException)
            {
                Assert.InRange(++refused, 1, 1_000);
            }
        }

        file.Flush();
        Assert.Equal((200, 10), (new FileInfo(File + ".1").Length, new FileInfo(File).Length));
    }

    [Fact]
    public void Rotation_that_failed_half_way_pushes_no_older_file_out()
    {
        using LogFile file = new(File, rotateBytes: 10, keep: 3);
        System.IO.File.WriteAllText(File + ".1", "newer");
        System.IO.File.WriteAllText(File + ".3", "oldest");
        file.Write("aaaaaaaaaa"u8);
        file.Write("bbbbbbbbbb"u8);
        Assert.Equal(["aaaaaaaaaa", "newer", "oldest"], ((string[])[File + ".1", File + ".2", File + ".3"]).Select(Read));
    }

    [Fact]
    public async Task Failures_are_written_whatever_the_share()
    {
        var lines = await ServeAsync(new AccessLogOptions { Path = File, Share = 0 }, "/a", "/broken", "/a");
        Assert.Equal("/broken", (string)JsonNode.Parse(Assert.Single(lines))!["path"]!);
    }

    [Theory]
    [InlineData("192.0.2.77", ClientForm.Prefix, "192.0.2.0/24")]
    [InlineData("::ffff:192.0.2.77", ClientForm.Prefix, "192.0.2.0/24")]
    [InlineData("2001:db8:1:2::3", ClientForm.Prefix, "2001:db8:1::/48")]
    [InlineData("2001:db8:1:2::3", ClientForm.Full, "2001:db8:1:2::3")]
    [InlineData("192.0.2.77", ClientForm.None, null)]
    [InlineData(null, ClientForm.Full, null)]
    public void Client_is_written_as_its_network(string? address, ClientForm form, string? written) => Assert.Equal(written, AccessLine.Client(address, form));

    [Fact]
    public void File_that_has_grown_is_renamed_and_the_oldest_leaves()
    {
        using LogFile file = new(File, rotateBytes: 10, keep: 2);
        foreach (var line in (string[])["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddd"])
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(line));
        }

        file.Flush();
        Assert.Equal(["dddd", "cccccccccc", "bbbbbbbbbb"], ((string[])[File, File + ".1", File + ".2"]).Select(Read));
        Assert.False(System.IO.File.Exists(File + ".3"));
    }

    [Fact]
    public async Task Disk_that_refuses_costs_lines_and_no_request()
    {
        await using var edge = await StartAsync(new AccessLogOptions { Path = Path.Combine(_folder, "absent", "log") });
        Assert.Equal(200, (await edge.GetAsync("/a")).Status);
        await edge.RecordAsync();
        await edge.Plane.CloseLogAsync();
        Assert.Equal(1, edge.Plane.Stats.BoundsHit);
    }

    private static string Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static Task<DeliveryHarness> StartAsync(AccessLogOptions log) => DeliveryHarness.StartAsync(
        context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.StatusCode = context.Request.Path == "/broken" ? 502 : 200;
            return Task.CompletedTask;
        },
        new DeliveryOptions { AccessLog = log });

    private async Task<string[]> ServeAsync(AccessLogOptions log, params string[] targets)
    {
        await using var edge = await StartAsync(log);
        foreach (var target in targets)
        {
            await edge.GetAsync(target);
            await edge.RecordAsync();
        }

        await edge.Plane.CloseLogAsync();
        return await System.IO.File.ReadAllLinesAsync(File, TestContext.Current.CancellationToken);
    }
}
