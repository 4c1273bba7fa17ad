namespace Millrace.Delivery.Eviction;

/// <summary>Nodes by priority, least first, among equals by stamp: a binary heap in which each node knows its place. O(log n).</summary>
internal sealed class EvictionHeap(string name)
{
    private readonly PriorityQueue<int, (double Priority, long Stamp)> _ahead = new();
    private EvictionNode[] _nodes = new EvictionNode[64];

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public EvictionNode? Least => Count > 0 ? _nodes[0] : null;

    public void Add(EvictionNode node)
    {
        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, 2 * Count);
        }

        Bytes += node.Size;
        SiftUp(node, Count++);
    }

    public void Remove(EvictionNode node)
    {
        var at = node.HeapIndex;
        var last = _nodes[--Count];
        _nodes[Count] = null!;
        node.HeapIndex = -1;
        Bytes -= node.Size;
        if (last != node)
        {
            last.HeapIndex = at;
            Restore(last);
        }
    }

    /// <summary>Finds the place of a node whose priority or stamp has changed.</summary>
    public void Restore(EvictionNode node)
    {
        var at = node.HeapIndex;
        SiftUp(node, at);
        if (node.HeapIndex == at)
        {
            SiftDown(node, at);
        }
    }

    /// <summary>Puts a node of the same priority and stamp where another stands, which leaves.</summary>
    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        (fresh.Priority, fresh.Stamp, fresh.HeapIndex) = (held.Priority, held.Stamp, held.HeapIndex);
        _nodes[fresh.HeapIndex] = fresh;
        held.HeapIndex = -1;
        Bytes += fresh.Size - held.Size;
    }

    /// <summary>
    /// The node after another in order, when asked for one after the other from <see cref="Least"/> on and nothing changes between: O(log k) for the k-th, and
    /// no node is moved.
    /// </summary>
    public EvictionNode? After(EvictionNode node)
    {
        if (node == Least)
        {
            _ahead.Clear();
        }

        for (var child = (2 * node.HeapIndex) + 1; child <= (2 * node.HeapIndex) + 2 && child < Count; child++)
        {
            _ahead.Enqueue(child, (_nodes[child].Priority, _nodes[child].Stamp));
        }

        return _ahead.TryDequeue(out var next, out _) ? _nodes[next] : null;
    }

    /// <summary>Recounts; adds what does not add up.</summary>
    public void CheckIntegrity(ICollection<string> faults)
    {
        var bytes = 0L;
        for (var i = 0; i < Count; i++)
        {
            bytes += _nodes[i].Size;
            if (_nodes[i].HeapIndex != i)
            {
                faults.Add($"{name}: the node at {i} believes that it is at {_nodes[i].HeapIndex}");
            }

            if (i > 0 && Before(_nodes[i], _nodes[(i - 1) / 2]))
            {
                faults.Add($"{name}: the node at {i} should stand above its parent");
            }
        }

        if (bytes != Bytes)
        {
            faults.Add($"{name}: counted {bytes} bytes, accounted {Bytes}");
        }
    }

    private static bool Before(EvictionNode a, EvictionNode b) => a.Priority < b.Priority || (a.Priority == b.Priority && a.Stamp < b.Stamp);

    private void SiftUp(EvictionNode node, int at)
    {
        while (at > 0 && _nodes[(at - 1) / 2] is var parent && Before(node, parent))
        {
            _nodes[at] = parent;
            parent.HeapIndex = at;
            at = (at - 1) / 2;
        }

        _nodes[at] = node;
        node.HeapIndex = at;
    }

    private void SiftDown(EvictionNode node, int at)
    {
        while ((2 * at) + 1 is var child && child < Count)
        {
            if (child + 1 < Count && Before(_nodes[child + 1], _nodes[child]))
            {
                child++;
            }

            if (!Before(_nodes[child], node))
            {
                break;
            }

            _nodes[at] = _nodes[child];
            _nodes[at].HeapIndex = at;
            at = child;
        }

        _nodes[at] = node;
        node.HeapIndex = at;
    }
}
