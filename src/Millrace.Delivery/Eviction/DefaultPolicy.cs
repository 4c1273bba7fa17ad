namespace Millrace.Delivery.Eviction;

/// <summary>
/// Ours (docs/decisions/0012). What is kept is ranked by worth per byte, what comes is weighed against all that it would displace together.
/// <para>The worth of an object is how often it was asked for of late, by a sketch that also knows what is not held, and how often that is predicted
/// (<see cref="IDemand"/>), times what a fetch costs beside the average. New objects wait in a window of two per cent, least recently used first out. What
/// falls out of it, or never fitted into it, enters the main part when its worth is at least the sum of those that must leave for it; on equal terms what is newer
/// wins. The main part is GDSF's: the least worth per byte leaves, on top of an age that rises to the rank of the last that left.</para>
/// </summary>
internal sealed class DefaultPolicy(long capacityBytes, IDemand? demand = null) : IEvictionPolicy
{
    /// <summary>A fiftieth: chosen on the first halves of three traces, where half as much and more gave way in one cell or another (docs/results/cache-sim.md).</summary>
    private const int WindowShare = 50;

    /// <summary>How far a fetch's cost may raise or lower an object's worth: a slow origin is no reason to keep what nobody asks for.</summary>
    private const double MostCost = 4;

    /// <summary>The share of a new object's cost in the moving average.</summary>
    private const double CostShare = 1.0 / 256;

    private readonly EvictionQueue _window = new("window");
    private readonly EvictionHeap _main = new("main");
    private readonly FrequencySketch _sketch = new(requestsPerObject: 20, wordsPerObject: 4);
    private readonly long _windowBytes = capacityBytes / WindowShare;

    /// <summary>The window's oldest node, when it has won its place and room is being made for it.</summary>
    private EvictionNode? _winner;
    private double _averageCost;
    private double _age;
    private long _clock;

    public long Bytes => _window.Bytes + _main.Bytes;

    public int Count => _window.Count + _main.Count;

    public bool Admit(EvictionNode incoming)
    {
        _winner = null;
        _sketch.Add(incoming.Hash);
        NoteCost(incoming.FetchCost);
        return incoming.Size <= _windowBytes || Outweighs(incoming, Bytes + incoming.Size - capacityBytes);
    }

    public EvictionNode Evict(EvictionNode? incoming)
    {
        if (_main.Least is null || (incoming is not null && FallsOut(incoming) is { } loser && !Wins(loser, Bytes + incoming.Size - capacityBytes)))
        {
            var oldest = _window.Oldest!;
            Leave(oldest);
            return oldest;
        }

        var victim = _main.Least;
        _age = Math.Max(_age, victim.Priority);
        _main.Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        if (node.Size <= _windowBytes)
        {
            _window.AddNewest(node);
        }
        else
        {
            EnterMain(node);
        }

        // There is room for all: made by a winner, or never taken.
        while (_window.Bytes > _windowBytes)
        {
            var oldest = _window.Oldest!;
            Leave(oldest);
            EnterMain(oldest);
        }

        _sketch.EnsureCapacity(Count);
    }

    public void Hit(EvictionNode node)
    {
        _sketch.Add(node.Hash);
        if (node.Queue is null)
        {
            Rank(node);
            _main.Restore(node);
            return;
        }

        _window.MoveToNewest(node);
        _winner = _winner == node ? null : _winner;
    }

    public void Remove(EvictionNode node)
    {
        if (node.Queue is null)
        {
            _main.Remove(node);
        }
        else
        {
            Leave(node);
        }
    }

    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        if (held.Queue is null)
        {
            _main.Replace(held, fresh);
            Rank(fresh);
            _main.Restore(fresh);
            return;
        }

        _window.Replace(held, fresh);
        _winner = _winner == held ? fresh : _winner;
    }

    public void CheckIntegrity(ICollection<string> faults)
    {
        _window.CheckIntegrity(faults);
        _main.CheckIntegrity(faults);
        if (_winner is not null && _winner != _window.Oldest)
        {
            faults.Add("default: the winner is not the window's oldest");
        }
    }

    /// <summary>The window's oldest node, when the incoming one will push it out.</summary>
    private EvictionNode? FallsOut(EvictionNode incoming) =>
        incoming.Size <= _windowBytes && _window.Bytes + incoming.Size > _windowBytes ? _window.Oldest : null;

    private bool Wins(EvictionNode candidate, long need)
    {
        if (_winner is null && Outweighs(candidate, need))
        {
            _winner = candidate;
        }

        return _winner is not null;
    }

    /// <summary>Whether a node is worth at least as much as the least of the main part that take up so many bytes.</summary>
    private bool Outweighs(EvictionNode candidate, long need)
    {
        if (need <= 0 || need > _main.Bytes)
        {
            return need <= 0;
        }

        var worth = Worth(candidate);
        for (var least = _main.Least!; ; least = _main.After(least)!)
        {
            need -= least.Size;
            worth -= Worth(least);
            if (need <= 0 || worth < 0)
            {
                return worth >= 0;
            }
        }
    }

    private void Leave(EvictionNode node)
    {
        _window.Remove(node);
        _winner = _winner == node ? null : _winner;
    }

    private void EnterMain(EvictionNode node)
    {
        Rank(node);
        _main.Add(node);
    }

    /// <summary>In units of the average node's size, so that the age means the same whatever the sizes.</summary>
    private void Rank(EvictionNode node)
    {
        var average = _main.Count > 0 ? (double)_main.Bytes / _main.Count : node.Size;
        node.Priority = _age + (Worth(node) * Math.Max(1, average) / Math.Max(1, node.Size));
        node.Stamp = ++_clock;
    }

    private double Worth(EvictionNode node)
    {
        var asked = _sketch.Estimate(node.Hash) + (demand?.Predict(node.Hash) ?? 0);
        return node.FetchCost > 0 ? asked * Math.Clamp(node.FetchCost / _averageCost, 1 / MostCost, MostCost) : asked;
    }

    /// <summary>Moves the average, which begins with the first cost that is known.</summary>
    private void NoteCost(float cost)
    {
        if (cost > 0)
        {
            _averageCost += _averageCost == 0 ? cost : (cost - _averageCost) * CostShare;
        }
    }
}
