using CsCheck;
using Millrace.Delivery.Eviction;

namespace Millrace.Delivery.Tests.Eviction;

public sealed class PolicyOracleTests
{
    /// <summary>Mostly requests, now and then a purge; few keys and little room, so that everything happens often.</summary>
    private static readonly Gen<(ulong Key, int Kind)[]> Histories =
        Gen.Select(Gen.Int[0, 30].Select(static key => (ulong)key), Gen.Int[0, 19]).Array[0, 200];

    [Fact]
    public void Lru_keeps_what_a_plain_list_keeps() => Agree(EvictionKind.Lru, static capacity => new NaiveLru(capacity, promote: true));

    [Fact]
    public void Fifo_keeps_what_a_plain_list_keeps() => Agree(EvictionKind.Fifo, static capacity => new NaiveLru(capacity, promote: false));

    [Fact]
    public void Sieve_keeps_what_a_plain_list_with_a_hand_keeps() => Agree(EvictionKind.Sieve, static capacity => new NaiveSieve(capacity));

    [Fact]
    public void S3_fifo_keeps_what_three_plain_lists_keep() => Agree(EvictionKind.S3Fifo, static capacity => new NaiveS3Fifo(capacity));

    [Fact]
    public void Gdsf_keeps_what_a_search_for_the_least_keeps() => Agree(EvictionKind.Gdsf, static capacity => new NaiveGdsf(capacity));

    /// <summary>So few keys do not collide in all four rows of the sketch, and so few requests never halve it.</summary>
    [Fact]
    public void W_tiny_lfu_keeps_what_three_plain_lists_and_exact_counts_keep() =>
        Agree(EvictionKind.WTinyLfu, static capacity => new NaiveWTinyLfu(capacity));

    [Fact]
    public void The_default_keeps_what_lists_sorting_and_exact_counts_keep() => Agree(EvictionKind.Default, static capacity => new NaiveDefault(capacity));

    [Theory]
    [InlineData(EvictionKind.Lru)]
    [InlineData(EvictionKind.Fifo)]
    [InlineData(EvictionKind.Sieve)]
    [InlineData(EvictionKind.S3Fifo)]
    [InlineData(EvictionKind.Gdsf)]
    [InlineData(EvictionKind.WTinyLfu)]
    [InlineData(EvictionKind.Default)]
    internal void Whatever_happens_the_internals_add_up(EvictionKind kind) => Gen.Select(Histories, Gen.Int[1, 400]).Sample((history, capacity) =>
    {
        var run = new PolicyRun(EvictionPolicies.Create(kind, capacity), capacity);
        foreach (var (key, action) in history)
        {
            switch (action)
            {
                case 0: run.Remove(key); break;
                case 1: run.Replace(key, SizeOf(key) + (capacity / 3)); break;
                default: run.Request(key, SizeOf(key)); break;
            }

            run.Check();
        }
    });

    private static void Agree(EvictionKind kind, Func<long, INaiveCache> naive) => Gen.Select(Histories, Gen.Int[1, 400]).Sample((history, capacity) =>
    {
        var fast = new PolicyRun(EvictionPolicies.Create(kind, capacity), capacity);
        var slow = naive(capacity);
        foreach (var (key, action) in history)
        {
            if (action == 0)
            {
                fast.Remove(key);
                slow.Remove(key);
            }
            else
            {
                Assert.Equal(slow.Request(key, SizeOf(key)), fast.Request(key, SizeOf(key)));
            }
        }

        fast.Check();
    });

    /// <summary>An object's size never changes here: 1 to 40 bytes, a third of them 1 to 4.</summary>
    private static long SizeOf(ulong key) => 1 + (long)(key * 7 % 40 / (key % 3 == 0 ? 10UL : 1UL));
}
