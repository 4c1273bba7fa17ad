using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>
/// A complete response in memory. Everything but the store's own links is immutable. Those who read its body hold it (<see cref="Hold"/>), so that
/// its bytes stay in an account when it leaves the store under a slow reader: in the store's, else in the account of what arrives and lingers.
/// </summary>
internal sealed class StoredResponse
{
    private const int InStore = 1;
    private const int OneHolder = 2;

    /// <summary>
    /// What a response costs beside its texts and its body: objects, arrays, its slot in the map, its links. An estimate for 64-bit .NET 10, rounded
    /// up; nobody has measured it.
    /// </summary>
    public const int FixedBytes = 768;

    /// <summary>A string's header and padding, and a header line's two references.</summary>
    private const int LineBytes = (2 * 24) + 16;

    private readonly MemoryAccount _account;

    // Bit 0: in the store; above it: how many hold it. One word, so that each byte is in exactly one account whatever races.
    private int _state;

    public StoredResponse(ResponseHead head, byte[][] body, long bodyLength, MemoryAccount account)
    {
        _account = account;
        Head = head;
        Body = body;
        BodyLength = bodyLength;
        Bytes = Measure();
    }

    /// <summary>What is known of it. A soft purge replaces it by one that is stale, so a reader takes it once.</summary>
    public ResponseHead Head { get; private set; }

    public byte[][] Body { get; }

    public long BodyLength { get; }

    /// <summary>All memory that the response keeps, by account.</summary>
    public long Bytes { get; }

    /// <summary>The store's SIEVE bit: asked for since the hand last passed.</summary>
    public bool Visited { get; set; }

    public LinkedListNode<StoredResponse>? Node { get; set; }

    /// <summary>Whether the store has it now.</summary>
    public bool IsStored => (Volatile.Read(ref _state) & InStore) != 0;

    /// <summary>Makes it stale from this age on; false when it is stale already.</summary>
    public bool MakeStale(TimeSpan age)
    {
        var stale = Head.StaleFrom(age);
        var changed = !ReferenceEquals(stale, Head);
        Head = stale;
        return changed;
    }

    /// <summary>Keeps the bytes accounted until <see cref="LetGo"/>; call both equally often.</summary>
    public void Hold()
    {
        if (Interlocked.Add(ref _state, OneHolder) == OneHolder)
        {
            _account.Take(Bytes);
        }
    }

    public void LetGo()
    {
        if (Interlocked.Add(ref _state, -OneHolder) == 0)
        {
            _account.Return(Bytes);
        }
    }

    /// <summary>The store takes the bytes into its own account.</summary>
    public void Entered()
    {
        if (Interlocked.Or(ref _state, InStore) >= OneHolder)
        {
            _account.Return(Bytes);
        }
    }

    /// <summary>The store lets go; readers may not have.</summary>
    public void Left()
    {
        if (Interlocked.And(ref _state, ~InStore) > InStore)
        {
            _account.Take(Bytes);
        }
    }

    private long Measure()
    {
        var bytes = FixedBytes + (2L * Head.Key.Length);
        bytes += Head.Headers.MemoryBytes;

        foreach (var value in Head.Vary.Values)
        {
            bytes += LineBytes + (2L * (value?.Length ?? 0));
        }

        foreach (var key in Head.SurrogateKeys)
        {
            // The key itself, and its set and slot in the index.
            bytes += LineBytes + 128 + (2L * key.Length);
        }

        foreach (var chunk in Body)
        {
            bytes += 32 + chunk.Length;
        }

        return bytes;
    }
}
