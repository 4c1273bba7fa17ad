using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Purge;

/// <summary>One name space for what a purge can name, hashed: a memory of them does not grow with what clients send.</summary>
internal static class PurgeNames
{
    public static UInt128 OfKey(string key) => CacheKey.Wide(key, 'u');

    public static UInt128 OfSurrogate(string surrogateKey) => CacheKey.Wide(surrogateKey, 'k');
}
