using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>One edge before one origin that speaks bytes, for all cases of a table; each case has its own path.</summary>
public sealed partial class ScenarioEdge : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly List<string> _seen = [];
    private RawOrigin _origin = null!;
    private DeliveryPlane _plane = null!;
    private FrontDoor _door = null!;
    private TestServer _edge = null!;
    private Step _step = null!;
    private int _number;
    private string _path = "";
    private TaskCompletionSource _asked = new();
    private int _cases;

    public async ValueTask InitializeAsync()
    {
        _origin = new RawOrigin(AnswerAsync);
        var routes = RouteTable.Create([new Route("127.0.0.1/*", _origin.Address, Contract.Available)]);
        _plane = new DeliveryPlane(new DeliveryOptions(), routes, null, _time);
        _door = new FrontDoor(new FrontDoorOptions(), _plane, _time);
        _edge = await TestServer.StartAsync(_door);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _edge.DisposeAsync();
        _door.Dispose();
        _plane.Dispose();
        await _origin.DisposeAsync();
    }

    public async Task RunAsync(Scenario scenario)
    {
        _path = $"/case-{++_cases}";
        for (_number = 1; _number <= scenario.Steps.Length; _number++)
        {
            _step = scenario.Steps[_number - 1];
            _time.Advance(TimeSpan.FromSeconds(_step.WaitSeconds));
            _seen.Clear();
            _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Reply? reply = null;
            try
            {
                reply = await SendAsync();
            }
            catch (HttpRequestException) when (_step.OriginCuts)
            {
                // What an origin cut short is cut short for the client.
            }

            if (reply is not null)
            {
                await CheckAsync(scenario, reply);
            }

            await SettleAsync();
        }
    }

    private async Task<Reply> SendAsync()
    {
        using var message = new HttpRequestMessage(new HttpMethod(_step.Method), new Uri(_edge.Address, _path + _step.Suffix));
        message.Content = _step.RequestBody is null ? null : new StringContent(_step.RequestBody);
        foreach (var (name, value) in _step.Request.Select(Parse))
        {
            Assert.True(message.Headers.TryAddWithoutValidation(name, value), name);
        }

        using var response = await _client.SendAsync(message, TestContext.Current.CancellationToken);
        return await Reply.OfAsync(response);
    }

    /// <summary>Until all that arrived is taken in: a client has its last byte before the store has the object.</summary>
    private async Task SettleAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_plane.Core.Flights > 0 || _plane.Stats.FillBytes > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task CheckAsync(Scenario scenario, Reply reply)
    {
        var at = $"{scenario}, request {_number} ({reply.Status}, {reply.CacheStatus}): ";
        if (_step.Came == Came.FromCacheThenAsked)
        {
            await _asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        var conditional = _seen.Count == 1 && _seen[0].Contains("\r\nIf-", StringComparison.OrdinalIgnoreCase);
        Assert.True(_step.Came switch
        {
            Came.FromOrigin => _seen.Count == 1 && (reply.Body.Length == 0 || reply.Text == OriginBody()),
            Came.FromCache => _seen.Count == 0,
            Came.Revalidated => conditional && (reply.Body.Length == 0 || reply.Text != OriginBody()),
            Came.FromCacheThenAsked => _seen.Count == 1 && reply.Text != OriginBody(),
            _ => true,
        }, $"{at}expected {_step.Came}, the origin saw {_seen.Count} requests, body '{reply.Text}'");
        var status = _step.Status ?? (_step.Came == Came.FromOrigin ? _step.OriginStatus : 200);
        Assert.True(_step.Came == Came.Anyhow || reply.Status == status, $"{at}expected status {status}");
        Assert.True(_step.Body is null || reply.Text == _step.Body, $"{at}expected body '{_step.Body}', got '{reply.Text}'");
        foreach (var (name, value) in _step.Has.Select(Parse))
        {
            Assert.True(reply.Headers.GetValueOrDefault(name) == value, $"{at}expected {name}: {value}, got {reply.Headers.GetValueOrDefault(name) ?? "nothing"}");
        }

        Assert.All(_step.Lacks, name => Assert.False(reply.Headers.ContainsKey(name), $"{at}unexpected {name}"));
        var sent = _seen.Count == 0 ? [] : _seen[0].Split("\r\n");
        Assert.All(_step.Sends, line => Assert.Contains(Fill(line), sent, StringComparer.OrdinalIgnoreCase));
        Assert.All(_step.SendsNo, name => Assert.DoesNotContain(sent, line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)));
    }

    private async Task AnswerAsync(string head, NetworkStream stream)
    {
        // Its own, however late it comes to tell: the case may be some requests further by then.
        var asked = _asked;
        if (LengthField().Match(head) is { Success: true } length)
        {
            await stream.ReadExactlyAsync(new byte[int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture)]);
        }

        _seen.Add(head);
        _time.Advance(TimeSpan.FromSeconds(_step.OriginTakesSeconds));
        if (!_step.OriginHangsUp)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Response(head.StartsWith("HEAD ", StringComparison.Ordinal))));
            await stream.FlushAsync();
        }

        asked.TrySetResult();
        if (_step.OriginHangsUp || _step.OriginCuts)
        {
            stream.Close();
        }
    }

    private string Response(bool toHead)
    {
        var body = _step.OriginStatus is 204 or 304 ? null : OriginBody();
        StringBuilder text = new();
        if (_step.Interim is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 103 Early Hints\r\n{_step.Interim}\r\n\r\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {_step.OriginStatus} Whatever\r\n");
        foreach (var line in _step.Origin.Where(static line => line is not ("no Date" or "no Content-Length")))
        {
            text.Append(Fill(line)).Append("\r\n");
        }

        // As good origins do, unless the case sets its own or none.
        if (!_step.Origin.Exists(static line => line.StartsWith("Date:", StringComparison.Ordinal) || line == "no Date"))
        {
            text.Append(Fill("Date: {now}\r\n"));
        }

        if (body is not null && !_step.Origin.Exists(static line => line.StartsWith("Content-Length:", StringComparison.Ordinal) || line == "no Content-Length"))
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length + (_step.OriginCuts ? 100 : 0)}\r\n");
        }

        return text.Append("\r\n").Append(toHead ? "" : body).ToString();
    }

    private string OriginBody() => _step.OriginBody ?? $"answer {_number}";

    private (string Name, string Value) Parse(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return (line[..colon], Fill(line[(colon + 1)..].Trim()));
    }

    private string Fill(string text) => Date().Replace(text, match =>
    {
        var seconds = match.Groups[1].Length == 0 ? 0 : long.Parse(match.Groups[1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return _time.GetUtcNow().AddSeconds(seconds).ToString("R", CultureInfo.InvariantCulture);
    }).Replace("{url}", _path, StringComparison.Ordinal).Replace("{edge}", _edge.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

    [GeneratedRegex(@"\{now([+-]\d+)?\}")]
    private static partial Regex Date();

    [GeneratedRegex(@"\r\nContent-Length: (\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex LengthField();
}
