using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Purge;

/// <summary>One name space for what a purge can name, hashed: a memory of them does not grow with what clients send.</summary>
internal static class PurgeNames
{
    public static UInt128 OfKey(CacheKey key) => key.Hash;

    public static UInt128 OfSurrogate(string surrogateKey) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(surrogateKey.AsSpan()), 'k');
}
