using System.Net;
using System.Net.Http.Headers;
using Millrace.Cli;
using Millrace.Demo;
using Millrace.Node;
using Spectre.Console;

namespace Millrace.Tests.Demo;

public sealed class DemoOriginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_and_pictures_have_freshness_and_a_validator_that_holds()
    {
        await using var origin = await DemoOrigin.StartAsync(0, Cancellation);
        using var http = new HttpClient { BaseAddress = origin.Url };
        foreach (var (path, type) in new[] { ("items/item-000001", "text/html"), ("images/item-000001", "image/svg+xml") })
        {
            using var first = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            Assert.Equal(type, first.Content.Headers.ContentType!.MediaType);
            Assert.Equal(TimeSpan.FromSeconds(60), first.Headers.CacheControl!.MaxAge);

            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(first.Headers.ETag!.Tag));
            using var second = await http.SendAsync(again, Cancellation);
            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        }

        Assert.Equal((4, 2), (origin.Requests, origin.NotModified));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("other", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync(new Uri("items/a", UriKind.Relative), null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_taken_port_is_named_with_a_way_out()
    {
        await using var other = await DemoOrigin.StartAsync(0, Cancellation);
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => DemoOrigin.StartAsync(other.Url.Port, Cancellation));
        Assert.Equal(ExitCode.PortInUse, refused.Code);

        var options = new DemoOptions { For = TimeSpan.FromSeconds(1), Port = other.Url.Port - 3 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        var demo = await Assert.ThrowsAsync<NodeStartException>(() => new DemoRun(options, console, TimeProvider.System).RunAsync(Cancellation));
        Assert.Equal(ExitCode.PortInUse, demo.Code);
        Assert.Contains("--port 0", demo.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_is_a_function_of_its_id_and_repeats_no_markup_from_it()
    {
        Assert.Equal(DemoPages.Article("item-1"), DemoPages.Article("item-1"));
        Assert.NotEqual(DemoPages.Article("item-1"), DemoPages.Article("item-2"));
        Assert.DoesNotContain("<script", DemoPages.Article("<script>"), StringComparison.Ordinal);
    }
}
