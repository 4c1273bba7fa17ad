using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Millrace.World.Client;

/// <summary>
/// The audience's browser: the public HTTP API over any message handler, sockets or memory. Bounded in flight, with deadlines, and with bounded
/// retries that honour Retry-After. It never throws for what the network or the system does: it answers null and counts.
/// </summary>
public sealed class WorldClient
{
    private readonly HttpMessageInvoker _http;
    private readonly WorldClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly TurnGate _gate;
    private long _requests, _retries, _refused, _failed, _timedOut, _noTurn;
    private volatile string? _lastFault;

    /// <summary>A client over <paramref name="http"/>, which stays its caller's.</summary>
    public WorldClient(HttpMessageInvoker http, WorldClientOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        _http = http;
        _options = options;
        _clock = clock;
        _gate = new TurnGate(options.MaxInFlight, options.MaxWaiting);
    }

    /// <summary>What it met so far.</summary>
    public ClientCounts Counts => new(
        Interlocked.Read(ref _requests), Interlocked.Read(ref _retries), Interlocked.Read(ref _refused), Interlocked.Read(ref _failed),
        Interlocked.Read(ref _timedOut), Interlocked.Read(ref _noTurn), _lastFault);

    /// <summary>Publishes items: one by PUT, several as NDJSON.</summary>
    /// <returns>How many were accepted.</returns>
    internal async Task<int> PutAsync(IReadOnlyList<Wire.Item> items, CancellationToken cancellation)
    {
        if (items is [var single])
        {
            // A PUT names the item in its path, and nowhere else.
            return await SendAsync(
                () => Api(HttpMethod.Put, $"/v1/items/{Uri.EscapeDataString(single.Id!)}", Json(single with { Id = null }, WireJson.Default.Item)),
                static (_, _) => Task.FromResult(1), cancellation);
        }

        using var lines = new MemoryStream();
        foreach (var item in items)
        {
            JsonSerializer.Serialize(lines, item, WireJson.Default.Item);
            lines.WriteByte((byte)'\n');
        }

        var body = lines.ToArray();
        return await SendAsync(() => Api(HttpMethod.Post, "/v1/items:batch", Content(body, "application/x-ndjson")), AcceptedAsync, cancellation);
    }

    /// <summary>Asks for a decision; null when none came.</summary>
    internal async Task<Decision?> DecideAsync(Wire.Decide request, CancellationToken cancellation)
    {
        var began = _clock.GetTimestamp();
        var decided = await SendAsync(
            () => Api(HttpMethod.Post, "/v1/decide", Json(request, WireJson.Default.Decide)),
            static (response, token) => ReadAsync(response, WireJson.Default.Decided, token), cancellation);
        return decided is null
            ? null
            : new Decision(
                decided.DecisionId,
                [.. decided.Slots.Take(1).SelectMany(slot => slot.Items).Select(item => new DecisionItem(item.Id, item.Url, item.Source ?? []))],
                decided.Degraded is not null,
                _clock.GetElapsedTime(began));
    }

    /// <summary>Sends events.</summary>
    /// <returns>How many were accepted, duplicates included.</returns>
    internal Task<int> SendEventsAsync(IReadOnlyList<Wire.Event> events, CancellationToken cancellation) =>
        SendAsync(() => Api(HttpMethod.Post, "/v1/events", Json(new Wire.Events(events), WireJson.Default.Events)), AcceptedAsync, cancellation);

    /// <summary>Fetches a body through the delivery listener, to its last byte.</summary>
    public async Task<Body> FetchAsync(string url, CancellationToken cancellation)
    {
        var asked = _clock.GetTimestamp();
        return await SendAsync(() => BodyRequest(url), async (response, token) =>
        {
            var waited = _clock.GetElapsedTime(asked);
            var hit = response.Headers.TryGetValues("Cache-Status", out var statuses) && statuses.Any(IsHit);
            using var counted = new CountingStream();
            await response.Content.CopyToAsync(counted, token);
            return new Body(waited, counted.Written, hit);
        }, cancellation);
    }

    private static bool IsHit(string status) => status.Split(',', ';').Any(part => part.AsSpan().Trim().SequenceEqual("hit"));

    private async Task<T?> SendAsync<T>(
        Func<HttpRequestMessage> request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.Deadline, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        if (!await _gate.EnterAsync(linked.Token))
        {
            Interlocked.Increment(ref deadline.IsCancellationRequested ? ref _timedOut : ref _noTurn);
            return default;
        }

        try
        {
            return await AttemptsAsync(request, read, linked.Token);
        }
        catch (OperationCanceledException)
        {
            if (!cancellation.IsCancellationRequested)
            {
                Interlocked.Increment(ref _timedOut);
            }

            return default;
        }
        finally
        {
            _gate.Leave();
        }
    }

    private async Task<T?> AttemptsAsync<T>(
        Func<HttpRequestMessage> request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            Interlocked.Increment(ref _requests);
            var wait = _options.Backoff * (1 << (attempt - 1));
            try
            {
                using var message = request();
                using var response = await _http.SendAsync(message, cancellation);
                if (response.IsSuccessStatusCode)
                {
                    return await read(response, cancellation);
                }

                _lastFault = await DescribeAsync(message, response, cancellation);
                if ((int)response.StatusCode < 500 && response.StatusCode != HttpStatusCode.TooManyRequests)
                {
                    Interlocked.Increment(ref _refused);
                    return default;
                }

                wait = RetryAfter(response) ?? wait;
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException)
            {
                _lastFault = fault.Message;
            }

            if (attempt == _options.MaxAttempts || wait > _options.MaxRetryAfter)
            {
                Interlocked.Increment(ref _failed);
                return default;
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(wait, _clock, cancellation);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > _clock.GetUtcNow() ? date - _clock.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private static async Task<string> DescribeAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellation)
    {
        const int shown = 300;
        var text = await response.Content.ReadAsStringAsync(cancellation);
        return $"{request.Method} {request.RequestUri?.AbsolutePath}: {(int)response.StatusCode} {(text.Length > shown ? text[..shown] : text)}";
    }

    private async Task<int> AcceptedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var outcome = await ReadAsync(response, WireJson.Default.Outcome, cancellation);
        if (outcome.Rejected is [var first, ..])
        {
            Interlocked.Increment(ref _refused);
            var fault = first.Errors?.FirstOrDefault();
            _lastFault = $"{outcome.Rejected.Length} rejected, the first: {first.Reason} {fault?.Pointer} expected {fault?.Expected}, got {fault?.Got}";
        }

        return outcome.Held;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("The body is null.");
    }

    private HttpRequestMessage Api(HttpMethod method, string path, HttpContent content)
    {
        var message = new HttpRequestMessage(method, new Uri(_options.Api, path)) { Content = content };
        if (_options.Key is { } key)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return message;
    }

    private HttpRequestMessage BodyRequest(string url)
    {
        var named = new Uri(_options.Delivery ?? _options.Api, url);
        if (_options.Delivery is not { } delivery)
        {
            return new HttpRequestMessage(HttpMethod.Get, named);
        }

        var message = new HttpRequestMessage(HttpMethod.Get, new Uri(delivery, named.PathAndQuery));
        message.Headers.Host = named.Authority;
        return message;
    }

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type) => Content(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json");

    private static ByteArrayContent Content(byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }
}
