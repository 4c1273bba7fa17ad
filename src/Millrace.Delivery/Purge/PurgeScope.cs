using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Purge;

/// <summary>A purge in the store's terms; what it names adds up.</summary>
/// <param name="Keys">Keys of objects.</param>
/// <param name="SurrogateKeys">Tags that responses bear.</param>
/// <param name="Patterns">What covers keys.</param>
/// <param name="Soft">Whether what is named becomes stale, rather than void.</param>
internal sealed record PurgeScope(IReadOnlyCollection<CacheKey> Keys, IReadOnlyCollection<string> SurrogateKeys, IReadOnlyCollection<PurgePattern> Patterns, bool Soft)
{
    public static PurgeScope OfKeys(IReadOnlyCollection<CacheKey> keys) => new(keys, [], [], false);
}
