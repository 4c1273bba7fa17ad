using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Tests.Features.Exact;

/// <summary>
/// The Globo click log at a node: an article is put at its first sight, then each click is preceded by a decision for its reader and followed by impressions of what was
/// decided, the click and a dwell. Some are late, some are sent twice, some articles change. Several readers at once, so that nothing is in order.
/// </summary>
internal sealed class GloboTraffic : IDisposable
{
    private const int Readers = 8;
    private static readonly string? Log = Find();
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpMessageInvoker _http;
    private readonly KilledNode _node;
    private readonly StreamReader _lines = new(new GZipStream(File.OpenRead(Log!), CompressionMode.Decompress));
    private readonly Dictionary<string, Task> _put = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private int _clicks;

    private GloboTraffic(KilledNode node) => (_node, _http) = (node, new HttpMessageInvoker(node, disposeHandler: false));

    /// <summary>Whether the log is there.</summary>
    public static bool IsThere => Log is not null;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Runs until enough was decided.</summary>
    public static async Task RunAsync(KilledNode node, int decisions)
    {
        using var traffic = new GloboTraffic(node);
        traffic._lines.ReadLine();
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => traffic.ReadAsync(decisions)));
    }

    public void Dispose()
    {
        _lines.Dispose();
        _http.Dispose();
    }

    private async Task ReadAsync(int decisions)
    {
        while (_node.Decisions < decisions)
        {
            string[] columns;
            Task put;
            int number;
            lock (_gate)
            {
                columns = _lines.ReadLine()!.Split(',');
                number = _clicks++;
                if (!_put.TryGetValue(columns[4], out put!))
                {
                    _put.Add(columns[4], put = PutAsync(columns[4], 0));
                }
            }

            await put;
            await ClickAsync(number, columns[0], columns[1], columns[4], columns[9], columns[7]);
        }
    }

    private async Task ClickAsync(int number, string user, string session, string article, string country, string device)
    {
        if (number % 15 == 0)
        {
            await PutAsync(article, number);
        }

        var decision = await SendAsync(HttpMethod.Post, "/v1/decide", new
        {
            decisionId = $"g{number}",
            surface = "home",
            user = number % 4 == 0 ? null : user,
            session,
            context = new Dictionary<string, string> { ["country"] = country, ["device"] = device, ["timezone"] = number % 3 == 0 ? "America/Sao_Paulo" : "Europe/Lisbon" },
            candidates = number % 20 == 0 ? new[] { new { id = article }, new { id = "stranger" } } : null,
        });
        var shown = decision.GetProperty("slots")[0].GetProperty("items").EnumerateArray().Take(3).Select(item => item.GetProperty("id").GetString()!).ToArray();
        var time = number % 9 == 0 ? TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(number % 7_000) : (DateTimeOffset?)null;
        object Event(string type, string item, int? position, double? value) => new
        {
            id = $"g{number}-{type}-{item}", type, item, decisionId = $"g{number}", user = number % 4 == 0 ? null : user, session, position, value, unit = value is null ? null : "s", time,
        };
        var events = new { events = (object[])[.. shown.Select((item, i) => Event("impression", item, i + 1, null)), Event("click", article, null, null), Event("dwell", article, null, number % 100 / 3.0)] };
        await SendAsync(HttpMethod.Post, "/v1/events", events);
        if (number % 11 == 0)
        {
            await SendAsync(HttpMethod.Post, "/v1/events", events);
        }
    }

    private async Task PutAsync(string article, int version)
    {
        var number = int.Parse(article, CultureInfo.InvariantCulture);
        await SendAsync(HttpMethod.Put, $"/v1/items/{article}", new
        {
            kind = number % 5 == 0 ? "video" : "article",
            provider = $"p{number % 13}",
            published = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(1_790_000_000 + (number % 40_000)),
            attributes = new Dictionary<string, object>
            {
                ["topic"] = new[] { $"t{number % 17}", $"t{(number + version) % 23}" }, ["words"] = $"w{number % 50} w{number % 31} w{version % 7}", ["length"] = $"{number % 900}",
            },
            embedding = Enumerable.Range(0, 8).Select(i => Math.Round(Math.Sin(number + (i * 7)), 3)).ToArray(),
        });
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object body)
    {
        var json = JsonSerializer.Serialize(body, Json);
        using var request = new HttpRequestMessage(method, new Uri("http://node" + path)) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await _http.SendAsync(request, Now);
        var text = await response.Content.ReadAsStringAsync(Now);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        using var reply = JsonDocument.Parse(text);
        return reply.RootElement.Clone();
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "..", "shared", "data", "globo", "clicks.csv.gz");
            if (File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }
}
