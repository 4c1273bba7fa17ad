using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Model;

/// <summary>An origin that answers each request by the step that caused it, honestly as to conditions and ranges, and keeps a log of all.</summary>
internal sealed class ModelOrigin : IAsyncDisposable
{
    private readonly FakeTimeProvider _time;
    private readonly Func<Ask, Answer, Answer> _disguise;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly List<Fetched> _log = [];
    private readonly Dictionary<string, int> _versions = [];
    private readonly Task _accepting;
    private IReadOnlyList<Step> _steps = [];
    private DateTimeOffset _began;
    private int _order;
    private int? _heldStep;
    private TaskCompletionSource _arrived = new();
    private TaskCompletionSource _released = new();

    /// <param name="time">The histories' clock.</param>
    /// <param name="disguise">What the plane gets in place of the truth: the way to plant a fault.</param>
    public ModelOrigin(FakeTimeProvider time, Func<Ask, Answer, Answer> disguise)
    {
        _time = time;
        _disguise = disguise;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Begin(IReadOnlyList<Step> steps)
    {
        lock (_gate)
        {
            _steps = steps;
            _began = _time.GetUtcNow();
            _versions.Clear();
            _log.Clear();
            _order = 0;
        }
    }

    /// <summary>Holds back the answer to the first request of a step, as it was when that came; completes when it has come.</summary>
    public Task Hold(int step)
    {
        lock (_gate)
        {
            _heldStep = step;
            _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _arrived.Task;
        }
    }

    /// <summary>Lets go what is held back, and holds nothing more.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _heldStep = null;
            _released.TrySetResult();
        }
    }

    /// <summary>Takes what was logged since the last call.</summary>
    public Fetched[] Take()
    {
        lock (_gate)
        {
            Fetched[] taken = [.. _log];
            _log.Clear();
            return taken;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(new WireConnection(await _listener.AcceptSocketAsync()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(WireConnection connection)
    {
        using (connection)
        {
            connection.Socket.NoDelay = true;
            try
            {
                while (await connection.ReadHeadAsync() is var (start, fields))
                {
                    await connection.ReadBodyAsync(fields, isRequest: true);
                    var words = start.Split(' ');
                    var said = Say(new Ask(words[0], words[1], new Fields(fields)), out var turn);
                    await turn;
                    Log(said);
                    if (said.Answer is not { } answer)
                    {
                        return;
                    }

                    await connection.SendAsync(Wire(words[0], _disguise(said.Ask, answer)));
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Closed by either side.
            }
        }
    }

    private static byte[] Wire(string method, Answer answer)
    {
        var text = new StringBuilder($"HTTP/1.1 {answer.Status} Said\r\n");
        foreach (var (name, value) in answer.Fields.Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return [.. Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()), .. method == "HEAD" ? [] : answer.Body];
    }

    private void Log(Fetched said)
    {
        lock (_gate)
        {
            _log.Add(said with { Answered = _time.GetUtcNow() });
        }
    }

    private Fetched Say(Ask ask, out Task turn)
    {
        lock (_gate)
        {
            var step = int.Parse(ask.Fields.First("X-Step")!, CultureInfo.InvariantCulture);
            turn = step == _heldStep ? _released.Task : Task.CompletedTask;
            _heldStep = step == _heldStep ? null : _heldStep;
            var asked = _time.GetUtcNow();
            var behaviour = step >= HistoryRunner.Beside ? _steps[step - HistoryRunner.Beside].Meanwhile!.Origin : _steps[step].Origin;
            if (behaviour.Delay > 0)
            {
                _time.Advance(TimeSpan.FromSeconds(behaviour.Delay));
            }

            var order = ++_order;
            var answer = behaviour.Status == 0 ? null : Compose(ask, behaviour, order);
            if (!turn.IsCompleted)
            {
                _arrived.TrySetResult();
            }

            return new Fetched(order, ask, answer, asked, asked, step);
        }
    }

    private Answer Compose(Ask ask, Behaviour behaviour, int id)
    {
        var version = _versions.GetValueOrDefault(ask.Target) + (behaviour.Changes ? 1 : 0);
        _versions[ask.Target] = version;
        var kind = behaviour.Fields.Any(static field => field.Name == "Vary" && field.Value.Contains("X-Kind", StringComparison.OrdinalIgnoreCase)) ? ask.Fields.Joined("X-Kind") ?? "none" : "all";
        var tag = $"\"v{version}-{kind}\"";
        var modified = (_began.AddSeconds(-600 + (version * 10))).ToString("R", CultureInfo.InvariantCulture);
        List<(string, string)> fields = [("X-Id", id.ToString(CultureInfo.InvariantCulture)), ("X-Private", $"secret {id}"), .. behaviour.Fields.Select(field => (field.Name, field.Value == "self" ? ask.Target : Value(field.Value)))];
        if (behaviour.Skew is { } skew)
        {
            fields.Add(("Date", _time.GetUtcNow().AddSeconds(skew).ToString("R", CultureInfo.InvariantCulture)));
        }

        if (behaviour.Validator is Validator.Strong or Validator.Weak or Validator.StrongAndModified)
        {
            fields.Add(("ETag", behaviour.Validator == Validator.Weak ? "W/" + tag : tag));
        }

        if (behaviour.Validator is Validator.Modified or Validator.StrongAndModified)
        {
            fields.Add(("Last-Modified", modified));
        }

        var said = new Fields(fields);
        var whole = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"{ask.Target} v{version} {kind}|", 24)));
        if (behaviour.Status == 200 && (ask.Is("GET") || ask.Is("HEAD")) && Validators.NotModified(ask.Fields, said) == true)
        {
            return new Answer(304, said, [], whole);
        }

        var (status, body) = (behaviour.Status, behaviour.Status is 204 ? [] : whole);
        if (status == 200 && ask.Is("GET") && ask.Fields.First("Range") is { } range && Validators.RangeHolds(ask.Fields, said) && ByteSpan.AllOf(range, whole.Length) is { } spans && spans.Length < 2)
        {
            if (spans is [var span])
            {
                (status, body) = (206, whole[span.First..(span.Last + 1)]);
                said = said.With("Content-Range", $"bytes {span.First}-{span.Last}/{whole.Length}");
            }
            else
            {
                (status, body) = (416, []);
                said = said.With("Content-Range", $"bytes */{whole.Length}");
            }
        }

        return new Answer(status, status == 204 ? said : said.With("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture)), body, whole);
    }

    /// <summary>Dates that a history gives as "now+seconds".</summary>
    private string Value(string value) => value.StartsWith("now", StringComparison.Ordinal)
        ? _time.GetUtcNow().AddSeconds(int.Parse(value.AsSpan(3), CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture)
        : value;
}
