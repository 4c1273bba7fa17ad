using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Plays histories through a real plane over sockets, on virtual time, with the model as judge.</summary>
internal sealed class HistoryRunner : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly ModelOrigin _origin;
    private readonly DeliveryPlane _plane;
    private readonly FrontDoor _door;
    private TestServer _edge = null!;
    private WireConnection? _client;
    private int _histories;

    private readonly PlantedFault _fault;

    private HistoryRunner(PlantedFault fault)
    {
        _fault = fault;
        _origin = new ModelOrigin(_time, fault.Answer ?? (static answer => answer));
        _plane = new DeliveryPlane(new DeliveryOptions(), RouteTable.Create([new Route("*/*", _origin.Address, Contract.Available)]), null, fault.Clock?.Invoke(_time) ?? _time);
        // The machine's clock: connections are not to time out by what passes in a history.
        _door = new FrontDoor(new FrontDoorOptions(), _plane, TimeProvider.System);
    }

    public int Requests { get; private set; }

    public int Reused { get; private set; }

    /// <param name="fault">What the plane is made to get wrong; an empty one for a plane as it is.</param>
    public static async Task<HistoryRunner> StartAsync(PlantedFault fault)
    {
        var runner = new HistoryRunner(fault);
        runner._edge = await TestServer.StartAsync(runner._door);
        return runner;
    }

    /// <summary>Plays one history. Null when every reply was allowed; else the story up to the one that was not.</summary>
    public async Task<string?> RunAsync(IReadOnlyList<Step> steps)
    {
        var model = new CacheModel();
        var story = new StringBuilder();
        var history = ++_histories;
        _origin.Begin(steps);
        for (var i = 0; i < steps.Count; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(steps[i].Seconds));
            var served = await ServeAsync(history, i, steps[i]);
            var fault = model.Judge(served);
            Tell(story, steps[i], served);
            if (fault is not null)
            {
                return story.Append(CultureInfo.InvariantCulture, $"  {fault}\n").ToString();
            }
        }

        Requests += steps.Count;
        Reused += model.Reused;
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _edge.DisposeAsync();
        _door.Dispose();
        _plane.Dispose();
        await _origin.DisposeAsync();
    }

    private async Task<Served> ServeAsync(int history, int number, Step step)
    {
        var sent = _time.GetUtcNow();
        var ask = new Ask(step.Method, $"/h{history}/{step.Target}", Fields.Of([.. step.Fields.Select(field => (field.Name, Value(field.Value)))]));
        var text = new StringBuilder($"{ask.Method} {ask.Target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Step: {number}\r\n");
        foreach (var (name, value) in (_fault.Request?.Invoke(ask.Fields) ?? ask.Fields).Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        text.Append(ask.IsUnsafe ? "Content-Length: 0\r\n\r\n" : "\r\n");
        var reply = await ExchangeAsync(step.Method, text.ToString());
        var received = _time.GetUtcNow();
        var fetches = _origin.Take();
        if (reply["Cache-Status"].Contains("whileRevalidate", StringComparison.Ordinal))
        {
            // What goes on behind the client's back is over before time passes, lest it time out.
            while (_plane.Core.Flights > 0)
            {
                await Task.Yield();
            }
        }

        return new Served(number, ask, new Answer(reply.Status, new Fields(reply.Fields), reply.Body, []), sent, received, fetches);
    }

    private async Task<WireReply> ExchangeAsync(string method, string request)
    {
        _client ??= await WireConnection.ConnectAsync(_edge.Address);
        await _client.SendAsync(request);
        var reply = await _client.ReadReplyAsync(method);
        if (!reply.IsWhole || reply["Connection"] == "close")
        {
            _client.Dispose();
            _client = null;
        }

        return reply;
    }

    private string Value(string value) => value.StartsWith("now", StringComparison.Ordinal)
        ? _time.GetUtcNow().AddSeconds(int.Parse(value.AsSpan(3), CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture)
        : value;

    private static void Tell(StringBuilder story, Step step, Served served)
    {
        story.Append(CultureInfo.InvariantCulture, $"\n{served.Step}. {step}\n");
        foreach (var fetched in served.Fetches)
        {
            story.Append(CultureInfo.InvariantCulture, $"      fetched for {fetched.Step}: {fetched.Ask.Method} {fetched.Ask.Target} {fetched.Ask.Fields}\n        got {fetched.Answer?.Status} {fetched.Answer?.Fields}\n");
        }

        story.Append(CultureInfo.InvariantCulture, $"      reply {served.Answer.Status} {served.Answer.Fields} ({Encoding.ASCII.GetString(served.Answer.Body)})\n");
    }
}
