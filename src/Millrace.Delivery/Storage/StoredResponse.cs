using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>A complete response in memory. Everything but the store's own links is immutable.</summary>
internal sealed class StoredResponse
{
    /// <summary>
    /// What a response costs beside its texts and its body: objects, arrays, its slot in the map, its links. An estimate for 64-bit .NET 10, rounded
    /// up; nobody has measured it.
    /// </summary>
    public const int FixedBytes = 768;

    /// <summary>A string's header and padding, and a header line's two references.</summary>
    private const int LineBytes = (2 * 24) + 16;

    public StoredResponse(ResponseHead head, byte[][] body, long bodyLength)
    {
        Head = head;
        Body = body;
        BodyLength = bodyLength;
        Bytes = Measure();
    }

    public ResponseHead Head { get; }

    public byte[][] Body { get; }

    public long BodyLength { get; }

    /// <summary>All memory that the response keeps, by account.</summary>
    public long Bytes { get; }

    /// <summary>The store's SIEVE bit: asked for since the hand last passed.</summary>
    public bool Visited { get; set; }

    public LinkedListNode<StoredResponse>? Node { get; set; }

    private long Measure()
    {
        var bytes = FixedBytes + (2L * Head.Key.Length);
        foreach (var line in Head.Headers)
        {
            bytes += LineBytes + (2L * (line.Name.Length + line.Value.Length));
        }

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
