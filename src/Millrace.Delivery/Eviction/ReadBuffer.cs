using System.Runtime.InteropServices;

namespace Millrace.Delivery.Eviction;

/// <summary>
/// Hits on their way to a policy: recorded without a lock and without allocating, applied in batches by whoever holds the store's lock. Lossy by
/// intent (as in Caffeine, after BP-Wrapper, Ding et al. 2009): when readers collide or a stripe is full the record is dropped, since a policy
/// needs the drift of what is asked for and not each request.
/// <para>Each stripe is a ring with many producers and one consumer. A thread always writes to the same stripe, so a single-threaded simulation
/// is deterministic and loses nothing but what a full ring drops. Up to <see cref="StripeSlots"/> nodes a stripe, and what they refer to, stay
/// reachable until the next drain.</para>
/// </summary>
internal sealed class ReadBuffer
{
    /// <summary>Hits that one stripe holds. 16 as in Caffeine: larger batches gained nothing there.</summary>
    public const int StripeSlots = 16;

    private readonly Stripe[] _stripes;

    /// <param name="stripes">How many threads may record side by side without contention; rounded up to a power of two.</param>
    public ReadBuffer(int stripes)
    {
        _stripes = new Stripe[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(stripes, 1, 256))];
        for (var i = 0; i < _stripes.Length; i++)
        {
            _stripes[i] = new Stripe();
        }
    }

    /// <summary>Hits that found their stripe full, or lost a race for a slot.</summary>
    public long Dropped => _stripes.Sum(static stripe => Interlocked.Read(ref stripe.Ends.Dropped));

    /// <summary>Records a hit; true when a drain is due. Any thread, no lock, no allocation.</summary>
    public bool Record(EvictionNode node)
    {
        var stripe = _stripes[Environment.CurrentManagedThreadId & (_stripes.Length - 1)];
        var tail = Volatile.Read(ref stripe.Ends.Tail);
        var held = tail - Volatile.Read(ref stripe.Ends.Head);
        if (held >= StripeSlots)
        {
            Interlocked.Increment(ref stripe.Ends.Dropped);
            return true;
        }

        if (Interlocked.CompareExchange(ref stripe.Ends.Tail, tail + 1, tail) != tail)
        {
            Interlocked.Increment(ref stripe.Ends.Dropped);
            return false;
        }

        Volatile.Write(ref stripe.Slots[tail & (StripeSlots - 1)], node);
        return held + 1 == StripeSlots;
    }

    /// <summary>Applies what was recorded to the policy. Under the store's lock only.</summary>
    public void Drain(IEvictionPolicy policy)
    {
        foreach (var stripe in _stripes)
        {
            var tail = Volatile.Read(ref stripe.Ends.Tail);
            for (var head = stripe.Ends.Head; head < tail; head++)
            {
                ref var slot = ref stripe.Slots[head & (StripeSlots - 1)];

                // A writer that has its slot but has not filled it yet: it and those behind it come with the next drain.
                if (Volatile.Read(ref slot) is not { } node)
                {
                    break;
                }

                slot = null;
                Volatile.Write(ref stripe.Ends.Head, head + 1);
                if (node.IsHeld)
                {
                    policy.Hit(node);
                }
            }
        }
    }

    private sealed class Stripe
    {
        public readonly EvictionNode?[] Slots = new EvictionNode?[StripeSlots];
        public Ends Ends;
    }

    // On cache lines of their own: writers move the tail, the drain moves the head.
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Ends
    {
        [FieldOffset(128)]
        public long Tail;

        [FieldOffset(136)]
        public long Dropped;

        [FieldOffset(256)]
        public long Head;
    }
}
