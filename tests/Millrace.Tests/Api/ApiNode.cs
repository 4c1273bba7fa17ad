using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Api;

/// <summary>A whole node on ports of its own, and a client that holds its keys.</summary>
internal sealed class ApiNode : IAsyncDisposable
{
    private readonly MillraceNode _node;
    private readonly string _key;
    private readonly HttpClient _http = new();

    private ApiNode(MillraceNode node, string key)
    {
        _node = node;
        _key = key;
    }

    /// <summary>Where the api listener is, for requests that no client would send.</summary>
    public System.Net.IPEndPoint Endpoint => _node.Api.Endpoint;

    /// <summary>Where the admin listener is.</summary>
    public Uri Admin => _node.Admin.Url;

    public NodeServices Services => _node.Services;

    public IJournal Journal => _node.Services.Journal;

    /// <summary>
    /// Starts a node with a surface <c>home</c> that blends <c>quality</c>; <paramref name="key"/> is an earlier start's, <paramref name="settings"/> come on top.
    /// </summary>
    public static async Task<ApiNode> StartAsync(
        string data, CancellationToken cancellation, string? key = null, TimeProvider? clock = null, params string[] settings)
    {
        var node = await MillraceNode.StartAsync(
            new ConfigSource(
                null,
                new Dictionary<string, string>(),
                [
                    "listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={data}", "log.level=error",
                    "features=[{name: quality, entity: item, count: click, window: 1h}]",
                    "policies={home: {candidates: [{recent: true}], blend: {quality: 10}, segment: country}}",
                    "surfaces={home: {policy: home, slots: [{id: main, count: 3}]}}",
                    .. settings,
                ]),
            clock ?? TimeProvider.System,
            cancellation);
        return new ApiNode(node, key ?? node.FirstKeys.Single(k => k.Scope == KeyScope.Admin).Secret);
    }

    /// <summary>Starts a node by a file, which it may read again; the ports are its own.</summary>
    public static async Task<ApiNode> StartFileAsync(string file, string data, CancellationToken cancellation, string? key = null)
    {
        var node = await MillraceNode.StartAsync(
            new ConfigSource(
                file, new Dictionary<string, string>(), ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={data}", "log.level=error"]),
            TimeProvider.System,
            cancellation);
        return new ApiNode(node, key ?? node.FirstKeys.Single(k => k.Scope == KeyScope.Admin).Secret);
    }

    /// <summary>The admin's key, which every listener takes and a restart keeps.</summary>
    public string Key => _key;

    /// <summary>How many purges, items, events and decisions the journal ever took. Control and decisions take other facts by themselves.</summary>
    public async Task<(long Purges, long Items, long Events, long Decisions)> FactsAsync(CancellationToken cancellation) => (
        await CountAsync<Purged>(JournalStream.Control, cancellation),
        End(JournalStream.Items),
        End(JournalStream.Events),
        await CountAsync<Decided>(JournalStream.Decisions, cancellation));

    private async Task<long> CountAsync<T>(JournalStream stream, CancellationToken cancellation)
        where T : Fact
    {
        var count = 0L;
        for (var partition = 0; partition < Journal.Partitions(stream); partition++)
        {
            var facts = await Journal.ReadAsync(stream, partition, 0, int.MaxValue, cancellation);
            count += facts.Count(stored => stored.Fact is T);
        }

        return count;
    }

    /// <summary>Waits until what the journal held at the start is folded; false when that takes half a minute.</summary>
    public Task<bool> UntilReadyAsync(CancellationToken cancellation) => UntilAsync(() => Services.Readiness.IsReady, cancellation);

    /// <summary>Waits until something holds; false when that takes half a minute.</summary>
    public static async Task<bool> UntilAsync(Func<bool> holds, CancellationToken cancellation)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellation))
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                return false;
            }
        }

        return true;
    }

    public Task<Answer> PostAsync(string path, string json, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), "application/json", cancellation);

    /// <summary>Sends a request as it is; decisions and purges go to the admin listener.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellation, string? encoding = null, string? key = null)
    {
        var admin = path.StartsWith("/v1/decisions", StringComparison.Ordinal) || path.StartsWith("/v1/purge", StringComparison.Ordinal)
            || path.StartsWith("/v1/cache", StringComparison.Ordinal) || path.StartsWith("/v1/evaluations", StringComparison.Ordinal) || path.StartsWith("/v1/features", StringComparison.Ordinal) || path.StartsWith("/admin/", StringComparison.Ordinal)
            || path.StartsWith("/v1/keys", StringComparison.Ordinal) || (path.StartsWith("/v1/users", StringComparison.Ordinal) && method != HttpMethod.Put) || path.StartsWith("/metrics", StringComparison.Ordinal);
        var url = (admin ? _node.Admin : _node.Api).Url;
        using var request = new HttpRequestMessage(method, new Uri(url.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? _key);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }

            if (encoding is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            }
        }

        using var response = await _http.SendAsync(request, cancellation);
        var text = await response.Content.ReadAsStringAsync(cancellation);
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
    }

    private long End(JournalStream stream) => Enumerable.Range(0, Journal.Partitions(stream)).Sum(p => Journal.Range(stream, p).End);
}

/// <summary>What came back.</summary>
internal sealed record Answer(int Status, string? ContentType, string Text)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string Reason => (string)Json["type"]!;
}
