using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Millrace.World;
using Millrace.World.Client;
using Millrace.World.Run;

namespace Millrace.Tests.World;

/// <summary>
/// The public API in memory, as little of it as the audience needs: it ranks by clicks less a twentieth of impressions, or at random, and remembers
/// every request. (Ranked by clicks alone, what was clicked first stays on top: 12 % of the way to the oracle, measured.)
/// Everything completes on the caller, so that advancing the clock runs the world to the next wait.
/// </summary>
internal sealed class VirtualAudience : HttpMessageHandler
{
    private readonly Dictionary<string, double> _merit = [];
    private readonly List<string> _catalogue = [];
    private readonly HashSet<string> _fetched = [];
    private uint _spin;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero));

    public bool Learns { get; init; } = true;

    public List<string> Log { get; } = [];

    /// <summary>Answers instead of the API when it returns something.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?>? Instead { get; set; }

    public int Items => _catalogue.Count;

    public static async Task<WorldReport> RunAsync(VirtualAudience api, SyntheticWorld world, TimeSpan span, bool allServed = true)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        using var invoker = new HttpMessageInvoker(api, disposeHandler: false);
        var client = new WorldClient(invoker, Options, api.Clock);
        var run = new WorldRun(
            world, client, new WorldRunOptions { RunId = "run", BodyUrl = item => $"http://news.example/{item.Id}", Acceleration = 60 }, api.Clock);
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(stop.Token);
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

    public static WorldClientOptions Options { get; } =
        new() { Api = new Uri("http://api.test"), Delivery = new Uri("http://delivery.test"), Key = "mr_test" };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content?.ReadAsStringAsync(cancellationToken).Result ?? "";
        Log.Add($"{request.Method} {request.RequestUri} {request.Headers.Host} {body}");
        return Task.FromResult(Instead?.Invoke(request) ?? Answer(request, body));
    }

    private HttpResponseMessage Answer(HttpRequestMessage request, string body)
    {
        switch (request.RequestUri!.AbsolutePath)
        {
            case "/v1/items:batch":
                var lines = body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                _catalogue.AddRange(lines.Select(IdOf));
                return Json($$"""{"created":{{lines.Length}},"replaced":0,"unchanged":0,"deleted":0,"rejected":[]}""");
            case "/v1/decide":
                return Json(Decide(JsonDocument.Parse(body).RootElement.GetProperty("decisionId").GetString()!));
            case "/v1/events":
                return Json($$"""{"accepted":{{Observe(body)}},"duplicates":0,"rejected":[]}""", HttpStatusCode.Accepted);
            case var put when put.StartsWith("/v1/items/", StringComparison.Ordinal):
                Assert.DoesNotContain("\"id\":", body, StringComparison.Ordinal);
                _catalogue.Add(put["/v1/items/".Length..]);
                return Json("{}");
            case var page:
                var response = new HttpResponseMessage { Content = new StringContent(page) };
                response.Headers.Add("Cache-Status", _fetched.Add(page) ? "millrace; fwd=uri-miss; stored" : "millrace; hit");
                return response;
        }
    }

    private string Decide(string decision)
    {
        var slate = Learns
            ? _catalogue.OrderByDescending(item => _merit.GetValueOrDefault(item)).ThenBy(Spin).Take(8)
            : _catalogue.OrderBy(Spin).Take(8);
        var items = slate.Select((item, k) => $$"""{"id":"{{item}}","rank":{{k + 1}},"score":1,"source":["similar"],"url":"http://news.example/{{item}}?_mr=t%2B{{item}}"}""");
        return $$"""{"decisionId":"{{decision}}","slots":[{"id":"main","items":[{{string.Join(',', items)}}]}],"policy":"home@1"}""";
    }

    private uint Spin(string item) => (_spin = _spin * 1664525 + 1013904223) ^ (uint)item.Length;

    private int Observe(string body)
    {
        var events = JsonDocument.Parse(body).RootElement.GetProperty("events");
        foreach (var happened in events.EnumerateArray())
        {
            var item = happened.GetProperty("item").GetString()!;
            Assert.Equal("t+" + item, happened.GetProperty("token").GetString());
            _merit[item] = _merit.GetValueOrDefault(item) + happened.GetProperty("type").GetString() switch { "click" => 1, "impression" => -0.05, _ => 0 };
        }

        return events.GetArrayLength();
    }

    private static string IdOf(string item) => JsonDocument.Parse(item).RootElement.GetProperty("id").GetString()!;

    private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}
