using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Millrace.World;
using Millrace.World.Client;
using Millrace.World.Run;

namespace Millrace.Tests.World;

/// <summary>
/// The public API in memory, as little of it as the audience needs, before a ranker of the test's choice; it remembers every request. Everything
/// completes on the caller, so that advancing the clock runs the world to the next wait.
/// </summary>
internal sealed class VirtualAudience : HttpMessageHandler
{
    private readonly IVirtualRanker _ranker;
    private readonly HashSet<string> _fetched = [];

    /// <param name="ranker">Makes what ranks, on this audience's clock; without it clicks and impressions are counted.</param>
    public VirtualAudience(Func<TimeProvider, IVirtualRanker>? ranker = null) => _ranker = ranker?.Invoke(Clock) ?? new CountingRanker();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero));

    public List<string> Log { get; } = [];

    /// <summary>Answers instead of the API when it returns something.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?>? Instead { get; set; }

    public int Items { get; private set; }

    /// <summary>Answers instead of the API, in its own time, when it returns something.</summary>
    public Func<HttpRequestMessage, Task<HttpResponseMessage>?>? InsteadAsync { get; set; }

    public static async Task<WorldReport> RunAsync(VirtualAudience api, SyntheticWorld world, TimeSpan span, bool allServed = true)
    {
        using var stop = new CancellationTokenSource();
        var (run, client, running) = Run(api, world, stop.Token);
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromMilliseconds(50))
        {
            api.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        // The library ends cancelled waits on the thread pool; all that counts has happened by now.
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(!allServed || client.Counts is { Refused: 0, Failed: 0, TimedOut: 0, NoTurn: 0 }, client.Counts.ToString());
        return run.Report();
    }

    /// <summary>Lets a world loose on <paramref name="api"/>, whose clock is the caller's to advance.</summary>
    public static (WorldRun Run, WorldClient Client, Task Running) Run(VirtualAudience api, SyntheticWorld world, CancellationToken stop)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        var client = new WorldClient(new HttpMessageInvoker(api, disposeHandler: false), Options, api.Clock);
        var run = new WorldRun(
            world, client, new WorldRunOptions { RunId = "run", BodyUrl = item => $"http://news.example/{item.Id}", Acceleration = 60 }, api.Clock);
        return (run, client, run.RunAsync(stop));
    }

    public static WorldClientOptions Options { get; } =
        new() { Api = new Uri("http://api.test"), Delivery = new Uri("http://delivery.test"), Key = "mr_test" };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content?.ReadAsStringAsync(cancellationToken).Result ?? "";
        Log.Add($"{request.Method} {request.RequestUri} {request.Headers.Host} {body}");
        return InsteadAsync?.Invoke(request) ?? Task.FromResult(Instead?.Invoke(request) ?? Answer(request, body));
    }

    private HttpResponseMessage Answer(HttpRequestMessage request, string body)
    {
        switch (request.RequestUri!.AbsolutePath)
        {
            case "/v1/items:batch":
                var lines = body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                foreach (var line in lines)
                {
                    var item = Parse(line);
                    Publish(item.GetProperty("id").GetString()!, item);
                }

                return Json($$"""{"created":{{lines.Length}},"replaced":0,"unchanged":0,"deleted":0,"rejected":[]}""");
            case "/v1/decide":
                return Json(Decide(Parse(body)));
            case "/v1/events":
                return Json($$"""{"accepted":{{Observe(body)}},"duplicates":0,"rejected":[]}""", HttpStatusCode.Accepted);
            case var put when put.StartsWith("/v1/items/", StringComparison.Ordinal):
                Assert.DoesNotContain("\"id\":", body, StringComparison.Ordinal);
                Publish(put["/v1/items/".Length..], Parse(body));
                return Json("{}");
            case var page:
                var response = new HttpResponseMessage { Content = new StringContent(page) };
                response.Headers.Add("Cache-Status", _fetched.Add(page) ? "millrace; fwd=uri-miss; stored" : "millrace; hit");
                return response;
        }
    }

    private void Publish(string id, JsonElement item)
    {
        Items++;
        _ranker.Publish(id, item);
    }

    private string Decide(JsonElement request)
    {
        var items = _ranker.Decide(request).Select((item, k) =>
            $$"""{"id":"{{item}}","rank":{{k + 1}},"score":1,"source":["similar"],"url":"http://news.example/{{item}}?_mr=t%2B{{item}}"}""");
        return $$"""{"decisionId":{{request.GetProperty("decisionId").GetRawText()}},"slots":[{"id":"main","items":[{{string.Join(',', items)}}]}],"policy":"home@1"}""";
    }

    private int Observe(string body)
    {
        var events = Parse(body).GetProperty("events");
        foreach (var happened in events.EnumerateArray())
        {
            Assert.Equal("t+" + happened.GetProperty("item").GetString(), happened.GetProperty("token").GetString());
            _ranker.Observe(happened);
        }

        return events.GetArrayLength();
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}
