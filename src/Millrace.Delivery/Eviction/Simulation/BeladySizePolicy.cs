namespace Millrace.Delivery.Eviction.Simulation;

/// <summary><see cref="OfflinePolicy.BeladySize"/>. The order of size × distance changes as time passes, so no heap can hold it: hence the sample.</summary>
internal sealed class BeladySizePolicy : IEvictionPolicy
{
    private const int Sample = 128;

    private readonly List<TraceObject> _held = [];
    private ulong _draws;

    private long _now;

    public long Bytes { get; private set; }

    public int Count => _held.Count;

    public bool Admit(EvictionNode incoming)
    {
        _now = ((TraceObject)incoming).Used;
        return ((TraceObject)incoming).NextUse != long.MaxValue;
    }

    public EvictionNode Evict(EvictionNode? incoming)
    {
        var victim = _held[0];
        var most = -1.0;
        var draws = Math.Min(Sample, _held.Count);
        for (var i = 0; i < draws; i++)
        {
            var drawn = _held.Count <= Sample ? _held[i] : _held[(int)(Draw() % (ulong)_held.Count)];
            var cost = (double)drawn.Size * (drawn.NextUse - _now);
            if (cost > most)
            {
                (victim, most) = (drawn, cost);
            }
        }

        Remove(victim);
        return victim;
    }

    public void Insert(EvictionNode node)
    {
        node.HeapIndex = _held.Count;
        _held.Add((TraceObject)node);
        Bytes += node.Size;
    }

    public void Hit(EvictionNode node)
    {
        _now = ((TraceObject)node).Used;
        if (((TraceObject)node).NextUse == long.MaxValue)
        {
            Remove(node);
        }
    }

    public void Remove(EvictionNode node)
    {
        var last = _held[^1];
        _held[node.HeapIndex] = last;
        last.HeapIndex = node.HeapIndex;
        _held.RemoveAt(_held.Count - 1);
        node.HeapIndex = -1;
        Bytes -= node.Size;
    }

    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        Remove(held);
        Insert(fresh);
    }

    public void CheckIntegrity(ICollection<string> faults)
    {
        if (_held.Sum(static node => node.Size) != Bytes || _held.Where(static (node, i) => node.HeapIndex != i).Any())
        {
            faults.Add("belady-size: bytes or places do not add up");
        }
    }

    private ulong Draw()
    {
        var mixed = (_draws += 0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
