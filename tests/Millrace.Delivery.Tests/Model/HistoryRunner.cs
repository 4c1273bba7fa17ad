using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Model;

/// <summary>Plays histories through a real plane over sockets, on virtual time, with the model as judge.</summary>
internal sealed class HistoryRunner : IAsyncDisposable
{
    /// <summary>Added to the number of a step for that of what another client asks meanwhile.</summary>
    public const int Beside = 1_000;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly ModelOrigin _origin;
    private readonly DeliveryPlane _plane;
    private readonly FrontDoor _door;
    private TestServer _edge = null!;
    private WireConnection? _client;
    private WireConnection? _other;
    private int _histories;

    private readonly PlantedFault _fault;

    private HistoryRunner(PlantedFault fault)
    {
        _fault = fault;
        _origin = new ModelOrigin(_time, (ask, answer) => fault.Disguise(ask, fault.Answer?.Invoke(answer) ?? answer));
        Route Route(string match, SetCookieRule rule) => fault.Route(new Route(match, _origin.Address, Contract.Available) { SetCookie = rule });
        var routes = RouteTable.Create([Route("*/*", SetCookieRule.Pass), Route("*/strip/*", SetCookieRule.Strip), Route("*/store/*", SetCookieRule.Store)]);
        // An origin that takes its time moves the clock for all: what another connects in meanwhile is not to count as slow.
        _plane = new DeliveryPlane(new DeliveryOptions { ConnectTimeout = TimeSpan.FromMinutes(1), Origins = new OriginOptions { MaxWait = TimeSpan.FromMinutes(1) } }, routes, null, fault.Clock?.Invoke(_time) ?? _time);
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
            foreach (var (step, served) in await ServeAsync(history, i, steps[i]))
            {
                var fault = model.Judge(served);
                Tell(story, step, served);
                if (fault is not null)
                {
                    return story.Append(CultureInfo.InvariantCulture, $"  {fault}\n").ToString();
                }
            }
        }

        Requests += steps.Count;
        Reused += model.Reused;
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _other?.Dispose();
        await _edge.DisposeAsync();
        _door.Dispose();
        _plane.Dispose();
        await _origin.DisposeAsync();
    }

    /// <summary>Plays a step: what was served, in the order in which the plane came to know of it.</summary>
    private async Task<IEnumerable<(Step Step, Served Served)>> ServeAsync(int history, int number, Step step)
    {
        if (step.Meanwhile is not { } other)
        {
            var served = await AskAsync(history, number, step, isOther: false);
            await SettleAsync(served);
            return [(step, served with { Fetches = _origin.Take() })];
        }

        var arrived = _origin.Hold(number);
        var first = AskAsync(history, number, step, isOther: false);
        await Task.WhenAny(first, arrived);
        var second = AskAsync(history, number + Beside, other, isOther: true);

        // Until the other is answered, or waits for the answer that is held back: with the first, or alone when that is renewed behind its reply.
        await DeliveryHarness.UntilAsync(() => second.IsCompleted || _plane.Core.InFlight >= (first.IsCompleted ? 1 : 2));

        var (isSecondFirst, isFirstHeld) = (second.IsCompleted, !first.IsCompleted);
        _origin.Release();
        Served[] both = await Task.WhenAll(first, second);
        await DeliveryHarness.UntilAsync(() => _plane.Core.Flights == 0);
        var fetches = _origin.Take();
        Fetched[] ofSecond = [.. fetches.Where(fetched => fetched.Step == number + Beside)];
        Fetched[] others = [.. fetches.Except(ofSecond)];
        Fetched[] ofFirst = [.. others.Where(fetched => fetched.Step == number)];
        var one = (step, both[0] with { Fetches = others, Beside = ofSecond });
        var two = (other, both[1] with { Fetches = ofSecond, Beside = ofFirst });
        return isSecondFirst && isFirstHeld ? [two, one] : [one, two];
    }

    /// <summary>What goes on behind the client's back is over before time passes, lest it time out.</summary>
    private async Task SettleAsync(Served served)
    {
        if ((served.Answer.Fields.First("Cache-Status") ?? "").Contains("whileRevalidate", StringComparison.Ordinal))
        {
            await DeliveryHarness.UntilAsync(() => _plane.Core.Flights == 0);
        }
    }

    private async Task<Served> AskAsync(int history, int number, Step step, bool isOther)
    {
        var sent = _time.GetUtcNow();
        var room = step.Target switch { 's' => "/strip", 'w' => "/store", _ => "" };
        var ask = new Ask(step.Method, $"{room}/h{history}/{step.Target}", Fields.Of([.. step.Fields.Select(field => (field.Name, Value(field.Value)))]));
        var asked = _fault.Ask(ask with { Fields = _fault.Request?.Invoke(ask.Fields) ?? ask.Fields });
        var text = new StringBuilder($"{asked.Method} {asked.Target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Step: {number}\r\n");
        foreach (var (name, value) in asked.Fields.Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        text.Append(ask.IsUnsafe ? "Content-Length: 0\r\n\r\n" : "\r\n");
        var reply = isOther ? await ExchangeAsync(step.Method, text.ToString(), _other, kept => _other = kept) : await ExchangeAsync(step.Method, text.ToString(), _client, kept => _client = kept);
        return new Served(number, ask, new Answer(reply.Status, new Fields(reply.Fields), reply.Body, []), sent, _time.GetUtcNow(), []);
    }

    private async Task<WireReply> ExchangeAsync(string method, string request, WireConnection? client, Action<WireConnection?> keep)
    {
        client ??= await WireConnection.ConnectAsync(_edge.Address);
        await client.SendAsync(request);
        var reply = await client.ReadReplyAsync(method);
        if (!reply.IsWhole || reply["Connection"] == "close")
        {
            client.Dispose();
            client = null;
        }

        keep(client);
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
