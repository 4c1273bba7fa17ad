using Millrace.Journal.Facts;

namespace Millrace.Journal.Local;

/// <summary>One partition of the <see cref="MemoryJournal"/>, which holds its lock around every call.</summary>
internal sealed class MemoryPartition(JournalStream stream, int number, int? keep)
{
    private readonly List<Fact> _facts = [];
    private readonly OffsetIndex _index = new();
    private TaskCompletionSource? _arrival;
    private UnixMicros _last = new(long.MinValue);
    private long _first;
    private bool _closed;

    public PartitionRange Range => new(_first, _first + _facts.Count);

    public Position Append(Fact fact, UnixMicros now, out int forgotten)
    {
        var received = fact.Received == default ? now : fact.Received;
        _last = received > _last ? received : _last;
        fact = fact.Received == _last ? fact : fact with { Received = _last };
        var offset = _first + _facts.Count;
        _facts.Add(fact);
        Index(fact, offset);
        forgotten = Forget();
        _arrival?.TrySetResult();
        _arrival = null;
        return new Position(stream, number, offset);
    }

    public IReadOnlyList<StoredFact> Read(long from, int maxFacts)
    {
        var start = (int)Math.Min(Math.Max(from - _first, 0), _facts.Count);
        var facts = new StoredFact[Math.Min(maxFacts, _facts.Count - start)];
        for (var i = 0; i < facts.Length; i++)
        {
            facts[i] = At(start + i);
        }

        return facts;
    }

    /// <summary>Completes with the next append.</summary>
    public Task NextArrival()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    public long Seek(UnixMicros time)
    {
        var (low, high) = (0, _facts.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _facts[middle].Received < time ? (middle + 1, high) : (low, middle);
        }

        return _first + low;
    }

    public void Find(ulong hash, string key, string tenant, int max, List<StoredFact> found)
    {
        var offsets = new List<long>();
        _index.Find(hash, offsets);
        foreach (var offset in offsets)
        {
            if (found.Count < max && At((int)(offset - _first)) is var stored && FactKeys.Matches(stored.Fact, key, tenant))
            {
                found.Add(stored);
            }
        }
    }

    public void Close()
    {
        _closed = true;
        _arrival?.TrySetException(new ObjectDisposedException(nameof(MemoryJournal)));
        _arrival = null;
    }

    private StoredFact At(int index) => new(new Position(stream, number, _first + index), _facts[index]);

    private void Index(Fact fact, long offset)
    {
        _index.Add(FactKeys.Hash(fact.Tenant, fact.Id), offset);
        if (fact.DecisionKey is { } decision && decision != fact.Id)
        {
            _index.Add(FactKeys.Hash(fact.Tenant, decision), offset);
        }
    }

    /// <summary>Forgetting by quarters keeps the cost per append constant.</summary>
    private int Forget()
    {
        if (keep is not { } kept || _facts.Count <= kept + Math.Max(kept / 4, 1))
        {
            return 0;
        }

        var forgotten = _facts.Count - kept;
        _facts.RemoveRange(0, forgotten);
        _first += forgotten;
        _index.Clear();
        for (var i = 0; i < _facts.Count; i++)
        {
            Index(_facts[i], _first + i);
        }

        return forgotten;
    }
}
