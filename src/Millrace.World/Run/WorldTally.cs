using Millrace.World.Client;

namespace Millrace.World.Run;

/// <summary>Counts a run; safe for concurrent visits.</summary>
internal sealed class WorldTally(TimeProvider clock)
{
    private const string PersonalSource = "similar";

    private readonly Lock _lock = new();
    private readonly long _began = clock.GetTimestamp();
    private readonly Trend _trend = new();
    private readonly RecentLatencies _decides = new();
    private readonly RecentLatencies _firstBytes = new();
    private TrendBin _total;
    private long _published, _events, _undecided, _degraded, _strangers, _turnedAway, _bodies, _hits, _missing, _bodyBytes;
    private TimeSpan? _firstDecision, _firstPersonalised;
    private string? _lastDecision;

    public void Published(int items) => Interlocked.Add(ref _published, items);

    public void Events(int events) => Interlocked.Add(ref _events, events);

    public void Undecided() => Interlocked.Increment(ref _undecided);

    public void TurnedAway() => Interlocked.Increment(ref _turnedAway);

    public void Decided(Decision decision, int strangers)
    {
        lock (_lock)
        {
            var now = clock.GetElapsedTime(_began);
            _firstDecision ??= now;
            if (_firstPersonalised is null && decision.Items.Any(item => item.Source.Contains(PersonalSource)))
            {
                _firstPersonalised = now;
            }

            _lastDecision = decision.DecisionId;
            _decides.Add(decision.Took);
            _degraded += decision.Degraded ? 1 : 0;
            _strangers += strangers;
        }
    }

    public void Watched(SlateValue value, IReadOnlyList<Body> bodies, int clicks)
    {
        lock (_lock)
        {
            var bin = new TrendBin(1, clicks, value.Expected, value.Random, value.Oracle);
            _total += bin;
            _trend.Add(clock.GetElapsedTime(_began), bin);
            foreach (var body in bodies)
            {
                _bodies++;
                _bodyBytes += body.Bytes;
                _hits += body.Hit ? 1 : 0;
                if (body.TimeToFirstByte is { } wait)
                {
                    _firstBytes.Add(wait);
                }
                else
                {
                    _missing++;
                }
            }
        }
    }

    public WorldReport Report()
    {
        lock (_lock)
        {
            var decides = _decides.At(0.5, 0.99);
            return new WorldReport
            {
                Elapsed = clock.GetElapsedTime(_began),
                Total = _total,
                Trend = _trend.Bins,
                BinWidth = _trend.Width,
                Published = Interlocked.Read(ref _published),
                Events = Interlocked.Read(ref _events),
                Undecided = Interlocked.Read(ref _undecided),
                Degraded = _degraded,
                Strangers = _strangers,
                TurnedAway = Interlocked.Read(ref _turnedAway),
                Bodies = _bodies,
                Hits = _hits,
                Missing = _missing,
                BodyBytes = _bodyBytes,
                DecideMedian = decides[0],
                Decide99 = decides[1],
                FirstByteMedian = _firstBytes.At(0.5)[0],
                FirstDecision = _firstDecision,
                FirstPersonalised = _firstPersonalised,
                LastDecision = _lastDecision,
            };
        }
    }
}
