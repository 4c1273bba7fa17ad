using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

public sealed class ReadBufferTests
{
    [Fact]
    public void Hits_reach_the_policy_when_the_buffer_is_drained()
    {
        var (policy, nodes) = Filled(2);
        var buffer = new ReadBuffer(1);
        Assert.False(buffer.Record(nodes[0]));
        buffer.Drain(policy);
        Assert.Same(nodes[1], policy.Evict(null));
    }

    [Fact]
    public void A_full_stripe_asks_for_a_drain_and_drops_what_comes_before_it()
    {
        var (policy, nodes) = Filled(1);
        var buffer = new ReadBuffer(1);
        for (var i = 1; i < ReadBuffer.StripeSlots; i++)
        {
            Assert.False(buffer.Record(nodes[0]));
        }

        Assert.True(buffer.Record(nodes[0]));
        Assert.Equal(0, buffer.Dropped);
        Assert.True(buffer.Record(nodes[0]));
        Assert.Equal(1, buffer.Dropped);
        buffer.Drain(policy);
        Assert.False(buffer.Record(nodes[0]));
    }

    [Fact]
    public void A_node_that_left_between_hit_and_drain_is_passed_over()
    {
        var (policy, nodes) = Filled(2);
        var buffer = new ReadBuffer(1);
        buffer.Record(nodes[0]);
        policy.Remove(nodes[0]);
        buffer.Drain(policy);
        Assert.Equal(1, policy.Count);
        Assert.False(nodes[0].IsHeld);
    }

    [Fact]
    public void Recording_and_draining_allocate_nothing()
    {
        var (policy, nodes) = Filled(64);
        var buffer = new ReadBuffer(4);
        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Round()
        {
            for (var i = 0; i < 10_000; i++)
            {
                if (buffer.Record(nodes[i & 63]))
                {
                    buffer.Drain(policy);
                }
            }
        }
    }

    [Fact]
    public void Readers_that_race_with_a_drain_lose_hits_but_never_the_order_of_the_policy()
    {
        const int readers = 4;
        const int each = 50_000;
        var (policy, nodes) = Filled(100);
        var buffer = new ReadBuffer(2);
        var counting = new Counting(policy);
        var gate = new Lock();
        var threads = Enumerable.Range(0, readers).Select(reader => new Thread(() =>
        {
            for (var i = 0; i < each; i++)
            {
                if (buffer.Record(nodes[((i * 7) + reader) % 100]) && gate.TryEnter())
                {
                    buffer.Drain(counting);
                    gate.Exit();
                }
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        buffer.Drain(counting);
        List<string> faults = [];
        policy.CheckIntegrity(faults);
        Assert.Empty(faults);
        Assert.Equal(readers * each, counting.Hits + buffer.Dropped);
    }

    private static (LruPolicy Policy, PolicyRun.Entry[] Nodes) Filled(int count)
    {
        var policy = new LruPolicy();
        var nodes = Enumerable.Range(0, count).Select(static i => new PolicyRun.Entry((ulong)i, 1)).ToArray();
        foreach (var node in nodes)
        {
            policy.Insert(node);
        }

        return (policy, nodes);
    }

    /// <summary>Counts the hits that come through.</summary>
    private sealed class Counting(IEvictionPolicy inner) : IEvictionPolicy
    {
        public long Hits { get; private set; }

        public long Bytes => inner.Bytes;

        public int Count => inner.Count;

        public bool Admit(EvictionNode incoming) => inner.Admit(incoming);

        public EvictionNode Evict(EvictionNode? incoming) => inner.Evict(incoming);

        public void Insert(EvictionNode node) => inner.Insert(node);

        public void Hit(EvictionNode node)
        {
            Hits++;
            inner.Hit(node);
        }

        public void Remove(EvictionNode node) => inner.Remove(node);

        public void Replace(EvictionNode held, EvictionNode fresh) => inner.Replace(held, fresh);

        public void CheckIntegrity(ICollection<string> faults) => inner.CheckIntegrity(faults);
    }
}
