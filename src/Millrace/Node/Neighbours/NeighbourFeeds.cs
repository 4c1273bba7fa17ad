using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;

namespace Millrace.Node.Neighbours;

/// <summary>
/// Keeps the indexes of neighbours of the generation that serves level with its epochs, and builds those of one that will take over beside them, so that rows and indexes change
/// together. Exported as gauges, and shown by <c>GET /v1/features</c>.
/// </summary>
internal sealed class NeighbourFeeds : IDisposable
{
    private readonly ServingTable _table;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly NeighbourReadiness _readiness;
    private readonly Lock _gate = new();
    private NeighbourFeed _serving;
    private NeighbourFeed? _next;
    private Serving? _nextServing;
    private bool _closed;

    /// <param name="table">What serves; it has indexes.</param>
    /// <param name="clock">Measures how far behind an index is.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told when an index cannot be written.</param>
    /// <param name="readiness">Held until the first indexes are there.</param>
    public NeighbourFeeds(ServingTable table, TimeProvider clock, Meter meter, ILogger log, Readiness readiness)
    {
        (_table, _clock, _log) = (table, clock, log);
        _readiness = new NeighbourReadiness(readiness, clock, isWanted: !table.Current.Policies.Embeddings.IsEmpty);
        _serving = new NeighbourFeed(() => table.Current, log, _readiness.Followed);
        Gauge("millrace.neighbours.rows", state => state.Rows, "{item}", "Items in the index of an embedding.");
        Gauge("millrace.neighbours.lists", state => state.Lists, "{list}", "Lists that the items of an index lie in.");
        Gauge("millrace.neighbours.bytes", state => state.Bytes, "By", "Memory of the index of an embedding.");
        Counter("millrace.neighbours.splits", state => state.Splits, "{list}", "Lists of an index that grew too large and were split.");
        Counter("millrace.neighbours.merges", state => state.Merges, "{list}", "Lists of an index of which little was left, given up.");
        Counter("millrace.neighbours.moves", state => state.Moves, "{item}", "Items that went to a list that had become nearer.");
        Counter("millrace.neighbours.left_out", state => state.LeftOut, "{item}", "Items that an index had no memory for.");
        meter.CreateObservableGauge(
            "millrace.neighbours.lag", () => Indexes.Select(index => Measured(LagOf(index).TotalSeconds, index)), "s", "How far the index of an embedding is behind the newest epoch.");

        void Gauge(string name, Func<NeighbourState, long> of, string unit, string description) =>
            meter.CreateObservableGauge(name, () => Indexes.Select(index => Measured(of(index.State), index)), unit, description);

        void Counter(string name, Func<NeighbourState, long> of, string unit, string description) =>
            meter.CreateObservableCounter(name, () => Indexes.Select(index => Measured(of(index.State), index)), unit, description);
    }

    /// <summary>Those of the generation that serves.</summary>
    public IReadOnlyList<NeighbourIndex> Indexes => [.. _table.Current.Neighbours!.All];

    /// <summary>How far an index is behind the newest epoch: nothing when it holds it, else the age of the epoch that it holds, and of the newest while it holds none.</summary>
    public TimeSpan LagOf(NeighbourIndex index)
    {
        var newest = _table.Current.Snapshot();
        var held = index.Followed;
        return ReferenceEquals(held, newest) ? TimeSpan.Zero : UnixMicros.Now(_clock) - (held ?? newest).Time;
    }

    /// <summary>What the journal held at the start is folded.</summary>
    public void CaughtUp()
    {
        _readiness.CaughtUp(() => _table.Current.Snapshot());
        Wake();
    }

    /// <summary>Says that there is a newer epoch, or that other policies are in force.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _serving.Wake();
            _next?.Wake();
        }
    }

    /// <summary>Builds the indexes of a generation that will take over; called at each of its epochs until they are there.</summary>
    /// <returns>Whether they are.</returns>
    public bool Prepare(Serving next)
    {
        lock (_gate)
        {
            if (next.Policies.Embeddings.IsEmpty || _closed)
            {
                return true;
            }

            Volatile.Write(ref _nextServing, next);
            if (!ReferenceEquals(_next?.Indexes, next.Neighbours))
            {
                _next?.Dispose();
                _next = new NeighbourFeed(() => Volatile.Read(ref _nextServing)!, _log);
            }

            return next.Neighbours!.AreBuilt(next.Policies);
        }
    }

    /// <summary>The generation that was prepared serves.</summary>
    public void TookOver()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                GiveUp();
                _serving.Dispose();
                _serving = new NeighbourFeed(() => _table.Current, _log, _readiness.Followed);
            }
        }
    }

    /// <summary>Nothing will take over.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _next?.Dispose();
            _next = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            GiveUp();
            _serving.Dispose();
            _readiness.Dispose();
        }
    }

    private static Measurement<T> Measured<T>(T value, NeighbourIndex index)
        where T : struct => new(value, new KeyValuePair<string, object?>("dimensions", index.Key.Dimensions));
}
