using System.Globalization;
using Millrace.World.Audience;
using Millrace.World.Client;
using Millrace.World.Items;

namespace Millrace.World.Run;

/// <summary>
/// Lets a world loose on a system: publishes items as they are born, and sends its visitors, who decide, fetch, look, click and report. Open loop:
/// visits arrive when the world says, however slow the system is. Run once.
/// </summary>
public sealed class WorldRun
{
    /// <summary>Items per NDJSON batch.</summary>
    private const int BatchItems = 200;

    private readonly SyntheticWorld _world;
    private readonly WorldClient _client;
    private readonly WorldRunOptions _options;
    private readonly TimeProvider _clock;
    private readonly WorldTally _tally;
    private readonly DateTimeOffset _start;
    private readonly long _began;
    private int _visiting;

    /// <summary>A run whose time starts now.</summary>
    public WorldRun(SyntheticWorld world, WorldClient client, WorldRunOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _world = world;
        _client = client;
        _options = options;
        _clock = clock;
        _tally = new WorldTally(clock);
        _start = clock.GetUtcNow();
        _began = clock.GetTimestamp();
    }

    /// <summary>How it goes.</summary>
    public WorldReport Report() => _tally.Report();

    /// <summary>Runs until it is stopped or a part of it fails. No visit is under way any more when it ends: the client may be disposed then.</summary>
    /// <remarks>What publishing or a visit throws ends the run and comes out here: the world must not hide its own faults.</remarks>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var born = WorldTime;
            foreach (var batch in _world.Items.LiveAt(born).Chunk(BatchItems))
            {
                _tally.Published(await PublishAsync(batch, ending.Token));
            }

            await Task.WhenAll(OrEndAllAsync(PublishNewbornAsync(born, ending.Token), ending), OrEndAllAsync(SendVisitorsAsync(ending), ending));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    /// <summary>Lets a failing part end the others, which would run for ever.</summary>
    private static async Task OrEndAllAsync(Task part, CancellationTokenSource ending)
    {
        try
        {
            await part;
        }
        catch
        {
            ending.Cancel();
            throw;
        }
    }

    private TimeSpan WorldTime => _clock.GetElapsedTime(_began) * _options.Acceleration;

    private async Task PublishNewbornAsync(TimeSpan told, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(_options.PublishEvery, _clock, stop);
            var now = WorldTime;
            foreach (var batch in _world.Items.BornWithin(told, now).Chunk(BatchItems))
            {
                _tally.Published(await PublishAsync(batch, stop));
            }

            told = now;
            // Replies may still name what died a moment ago; a lifetime later nobody does.
            _world.Items.Forget(now - _world.Options.Items.Lifetime);
        }
    }

    private Task<int> PublishAsync(IReadOnlyList<WorldItem> items, CancellationToken stop) =>
        _client.PutAsync([.. items.Select(Describe)], stop);

    private Wire.Item Describe(WorldItem item) => new(
        item.Id, "article", "provider-" + Text(item.Provider), _options.BodyUrl(item), OnClock(item.Born), OnClock(item.Dies),
        new SortedDictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["country"] = [Country(item.Country)],
            ["topic"] = [.. new[] { item.Topic, item.SecondTopic }.Distinct().Select(topic => "topic-" + Text(topic))],
        });

    private async Task SendVisitorsAsync(CancellationTokenSource ending)
    {
        var stop = ending.Token;
        var visits = new HashSet<Task>();
        try
        {
            foreach (var visit in _world.Population.Visits())
            {
                // Nobody can be served before the catalogue is there: who arrived meanwhile comes now.
                var wait = (visit.Arrives - WorldTime) / _options.Acceleration;
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _clock, stop);
                }

                stop.ThrowIfCancellationRequested();
                if (Volatile.Read(ref _visiting) >= _options.MaxVisits)
                {
                    _tally.TurnedAway();
                    continue;
                }

                Interlocked.Increment(ref _visiting);
                visits.RemoveWhere(task => task.IsCompletedSuccessfully);
                visits.Add(OrEndAllAsync(VisitAsync(visit, stop), ending));
            }
        }
        finally
        {
            // A visit's fault says more than the cancellation that it caused.
            await Task.WhenAll(visits);
        }
    }

    private async Task VisitAsync(Visit visit, CancellationToken stop)
    {
        try
        {
            for (var view = 0; view < visit.Views; view++)
            {
                await Task.Delay(_world.Population.ThinkBefore(visit, view) / _options.Acceleration, _clock, stop);
                if (!await ViewAsync(visit, view, stop))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run ends in the middle of a visit.
        }
        finally
        {
            Interlocked.Decrement(ref _visiting);
        }
    }

    /// <summary>One view; false when no decision came, and the visitor leaves.</summary>
    private async Task<bool> ViewAsync(Visit visit, int view, CancellationToken stop)
    {
        var name = $"{_options.RunId}-{Text(visit.Index)}-{Text(view)}";
        var session = $"{_options.RunId}-{Text(visit.Index)}";
        var context = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["country"] = Country(visit.User.Country) };
        var decision = await _client.DecideAsync(new Wire.Decide(name, _options.Surface, visit.User.Id, session, context), stop);
        stop.ThrowIfCancellationRequested();
        if (decision is null)
        {
            _tally.Undecided();
            return false;
        }

        var time = WorldTime;
        var shown = decision.Items.Select(item => (Item: item, Truth: _world.Items.Find(item.Id))).Where(pair => pair.Truth is not null).ToArray();
        _tally.Decided(decision, decision.Items.Count - shown.Length);
        WorldItem[] slate = [.. shown.Select(pair => pair.Truth!)];
        var bodies = await Task.WhenAll(shown.Select(pair => pair.Item.Url is { } url ? _client.FetchAsync(url, stop) : Task.FromResult<Body>(default)));
        stop.ThrowIfCancellationRequested();
        var (value, outcomes) = _world.Watch(visit, view, time, slate, [.. bodies.Select(body => body.TimeToFirstByte)]);
        _tally.Watched(value, bodies, outcomes.Count(outcome => outcome.Clicked));
        var events = outcomes.SelectMany((outcome, k) => EventsOf(name, session, visit, outcome, shown[k].Item, decision.DecisionId)).ToArray();
        if (events.Length > 0)
        {
            _tally.Events(await _client.SendEventsAsync(events, stop));
        }

        return true;
    }

    private IEnumerable<Wire.Event> EventsOf(string name, string session, Visit visit, ViewOutcome outcome, DecisionItem item, string decision)
    {
        Wire.Event Event(string type, decimal? value = null) => new(
            $"{name}-{Text(outcome.Rank)}-{type}", type, decision, item.Id, visit.User.Id, session, outcome.Rank, value, _clock.GetUtcNow(), item.Token);

        yield return Event("impression");
        if (outcome.Clicked)
        {
            yield return Event("click");
            yield return Event("dwell", Math.Round((decimal)outcome.Dwell.TotalSeconds, 3));
        }
    }

    private DateTimeOffset OnClock(TimeSpan worldTime) => _start + worldTime / _options.Acceleration;

    private static string Country(int country) => "country-" + Text(country);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
