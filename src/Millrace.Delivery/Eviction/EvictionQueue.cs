namespace Millrace.Delivery.Eviction;

/// <summary>Nodes in an order, linked through themselves, with their number and bytes. All operations are O(1).</summary>
internal sealed class EvictionQueue(string name)
{
    public string Name { get; } = name;

    public EvictionNode? Newest { get; private set; }

    public EvictionNode? Oldest { get; private set; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void AddNewest(EvictionNode node)
    {
        (node.Queue, node.Newer, node.Older) = (this, null, Newest);
        if (Newest is null)
        {
            Oldest = node;
        }
        else
        {
            Newest.Newer = node;
        }

        Newest = node;
        Count++;
        Bytes += node.Size;
    }

    public void Remove(EvictionNode node)
    {
        if (node.Newer is null)
        {
            Newest = node.Older;
        }
        else
        {
            node.Newer.Older = node.Older;
        }

        if (node.Older is null)
        {
            Oldest = node.Newer;
        }
        else
        {
            node.Older.Newer = node.Newer;
        }

        (node.Queue, node.Newer, node.Older) = (null, null, null);
        Count--;
        Bytes -= node.Size;
    }

    public void MoveToNewest(EvictionNode node)
    {
        if (node != Newest)
        {
            Remove(node);
            AddNewest(node);
        }
    }

    /// <summary>Puts a node exactly where another stands, which leaves.</summary>
    public void Replace(EvictionNode held, EvictionNode fresh)
    {
        (fresh.Queue, fresh.Newer, fresh.Older) = (this, held.Newer, held.Older);
        if (held.Newer is null)
        {
            Newest = fresh;
        }
        else
        {
            held.Newer.Older = fresh;
        }

        if (held.Older is null)
        {
            Oldest = fresh;
        }
        else
        {
            held.Older.Newer = fresh;
        }

        (held.Queue, held.Newer, held.Older) = (null, null, null);
        Bytes += fresh.Size - held.Size;
    }

    public bool Contains(EvictionNode node) => node.Queue == this;

    /// <summary>Walks and recounts; adds what does not add up.</summary>
    public void CheckIntegrity(ICollection<string> faults)
    {
        var (count, bytes) = (0, 0L);
        EvictionNode? newer = null;

        // Past the count the links run in a circle.
        for (var node = Newest; node is not null && count <= Count; newer = node, node = node.Older)
        {
            count++;
            bytes += node.Size;
            if (node.Newer != newer || node.Queue != this)
            {
                faults.Add($"{Name}: node {count} has lost its links or its queue");
            }
        }

        if (Oldest != newer || count != Count || bytes != Bytes)
        {
            faults.Add($"{Name}: counted {count} nodes of {bytes} bytes, accounted {Count} of {Bytes}");
        }
    }
}
