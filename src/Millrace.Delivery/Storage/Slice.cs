namespace Millrace.Delivery.Storage;

/// <summary>A piece of a large object's body in memory, kept and let go by itself.</summary>
internal sealed class Slice : StoredNode
{
    /// <summary>The node, the array's header, and its place in the map.</summary>
    private const int FixedBytes = 256;

    public Slice(SliceMap map, int index, byte[] bytes, ulong hash, MemoryAccount account)
        : base(hash ^ (((ulong)index + 1) * 0x9e37_79b9_7f4a_7c15), account)
    {
        (Map, Index, Bytes) = (map, index, bytes);
        Size = FixedBytes + bytes.Length;
    }

    public SliceMap Map { get; }

    public int Index { get; }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether it came from the origin, and not from disk.</summary>
    public bool IsFetched { get; init; }
}
