namespace Millrace.Delivery.Storage;

/// <summary>The hash of a key is well mixed already; half of it places the key in the index.</summary>
internal sealed class KeyHashComparer : IEqualityComparer<UInt128>
{
    public static KeyHashComparer Instance { get; } = new();

    public bool Equals(UInt128 x, UInt128 y) => x == y;

    public int GetHashCode(UInt128 hash) => (int)(uint)hash;
}
