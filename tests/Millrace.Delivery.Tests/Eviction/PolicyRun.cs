using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

/// <summary>A store as small as one can be around a policy: calls it as <see cref="IEvictionPolicy"/> says, and checks what it answers.</summary>
internal sealed class PolicyRun(IEvictionPolicy policy, long capacity)
{
    private readonly Dictionary<ulong, EvictionNode> _held = [];

    public IEvictionPolicy Policy => policy;

    public bool Request(ulong key, long size)
    {
        if (_held.TryGetValue(key, out var node))
        {
            policy.Hit(node);
            return true;
        }

        node = new Entry(key, size);
        if (size > capacity || !policy.Admit(node))
        {
            return false;
        }

        while (policy.Bytes + size > capacity)
        {
            Unindex(policy.Evict(node));
        }

        policy.Insert(node);
        Assert.True(node.IsHeld);
        _held.Add(key, node);
        return false;
    }

    public void Remove(ulong key)
    {
        if (_held.Remove(key, out var node))
        {
            policy.Remove(node);
            Assert.False(node.IsHeld);
        }
    }

    public void Replace(ulong key, long size)
    {
        if (size <= capacity && _held.TryGetValue(key, out var node))
        {
            var fresh = new Entry(key, size);
            _held[key] = fresh;
            policy.Replace(node, fresh);
            Assert.True(fresh.IsHeld && !node.IsHeld);
            while (policy.Bytes > capacity)
            {
                Unindex(policy.Evict(null));
            }
        }
    }

    /// <summary>Everything that can be said of any policy, whatever it keeps.</summary>
    public void Check()
    {
        List<string> faults = [];
        policy.CheckIntegrity(faults);
        Assert.Empty(faults);
        Assert.Equal(_held.Count, policy.Count);
        Assert.Equal(_held.Values.Sum(static node => node.Size), policy.Bytes);
        Assert.True(policy.Bytes <= capacity);
        Assert.All(_held.Values, static node => Assert.True(node.IsHeld));
    }

    private void Unindex(EvictionNode victim)
    {
        Assert.False(victim.IsHeld);
        Assert.True(_held.Remove(victim.Hash), "the policy evicted what it did not hold");
    }

    internal sealed class Entry : EvictionNode
    {
        public Entry(ulong key, long size, float cost = 1)
            : base(key)
        {
            Size = size;
            FetchCost = cost;
        }
    }
}
