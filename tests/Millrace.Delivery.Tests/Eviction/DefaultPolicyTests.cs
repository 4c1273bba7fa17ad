using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

public sealed class DefaultPolicyTests
{
    private const long Capacity = 1000;

    [Fact]
    public void A_large_object_does_not_displace_many_that_are_together_asked_for_more_often()
    {
        var run = new PolicyRun(new DefaultPolicy(Capacity), Capacity);
        for (var key = 0UL; key < 10; key++)
        {
            run.Request(key, 100);
        }

        Assert.False(run.Request(99, 1000));
        Assert.True(run.Request(0, 100));

        // Nine more requests, and it is asked for as often as they all together, less the one that was asked for again.
        for (var i = 0; i < 9; i++)
        {
            run.Request(99, 1000);
        }

        Assert.False(run.Request(99, 1000));
        Assert.True(run.Request(99, 1000));
        run.Check();
    }

    [Fact]
    public void A_scan_of_things_asked_for_once_leaves_alone_what_is_asked_for_often()
    {
        var run = new PolicyRun(new DefaultPolicy(Capacity), Capacity);
        for (var round = 0; round < 4; round++)
        {
            for (var key = 0UL; key < 8; key++)
            {
                run.Request(key, 100);
            }
        }

        for (var key = 100UL; key < 200; key++)
        {
            run.Request(key, 100);
        }

        for (var key = 0UL; key < 8; key++)
        {
            Assert.True(run.Request(key, 100), $"{key} is gone");
        }
    }

    [Fact]
    public void What_decisions_predict_is_kept_before_it_was_ever_asked_for_twice()
    {
        Assert.False(KeptAfterRivals(null));
        Assert.True(KeptAfterRivals(new Oracle(0)));
    }

    [Fact]
    public void What_is_dear_to_fetch_outlives_what_is_cheap()
    {
        var policy = new DefaultPolicy(Capacity);
        var (dear, cheap) = (new PolicyRun.Entry(1, 400, 4), new PolicyRun.Entry(2, 400, 0.5f));
        foreach (var node in (EvictionNode[])[dear, cheap])
        {
            Assert.True(policy.Admit(node));
            policy.Insert(node);
        }

        var rival = new PolicyRun.Entry(3, 400, 1);
        Assert.True(policy.Admit(rival));
        Assert.Same(cheap, policy.Evict(rival));
    }

    [Fact]
    public void Nothing_is_allocated_once_the_tables_have_grown()
    {
        const int objects = 2000;
        var policy = new DefaultPolicy(Capacity);
        var nodes = Enumerable.Range(0, objects).Select(static key => new PolicyRun.Entry((ulong)key * 0x9E37_79B9_7F4A_7C15, 1 + (key % 10))).ToArray();
        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Round()
        {
            for (var i = 0; i < 20_000; i++)
            {
                var node = nodes[i * 7919L % objects % (1 + (i % objects))];
                if (node.IsHeld)
                {
                    policy.Hit(node);
                }
                else if (policy.Admit(node))
                {
                    while (policy.Bytes + node.Size > Capacity)
                    {
                        policy.Evict(node);
                    }

                    policy.Insert(node);
                }
            }
        }
    }

    private static bool KeptAfterRivals(IDemand? demand)
    {
        var run = new PolicyRun(new DefaultPolicy(Capacity, demand), Capacity);
        for (var key = 0UL; key < 30; key++)
        {
            run.Request(key, 100);
        }

        return run.Request(0, 100);
    }

    /// <summary>Predicts ten requests for one object.</summary>
    private sealed class Oracle(ulong expected) : IDemand
    {
        public float Predict(ulong key) => key == expected ? 10 : 0;
    }
}
