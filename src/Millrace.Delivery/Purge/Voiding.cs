using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Purge;

/// <summary>Takes out of the store, and out of reach of what is on its way, what a purge or an unsafe request names.</summary>
internal sealed class Voiding(PurgeLog purges, MemoryStore store, DiskShelf disk, DeliveryMeters meters, Func<RouteTable> routes, TimeProvider time)
{
    /// <summary>Obeys a purge of a plane that follows no feed; returns how many stored responses it touched.</summary>
    /// <exception cref="ArgumentException">The route is not a pattern, or a prefix names no beginnings of keys.</exception>
    public int Purge(PurgeRequest request)
    {
        var scope = ScopeOf(request);
        Count(purges.Add(scope));
        Void(scope, disk.Objects);
        return store.Purge([scope], time)[0];
    }

    /// <summary>Obeys what a feed brought, which may be purges of an earlier release's: one that cannot be understood voids everything. Returns how many responses each touched.</summary>
    public int[] Obey(PurgeBatch batch)
    {
        var touched = Obey([.. batch.Orders.Select(order => (order.Offset, ScopeOrAll(order.Request)))]);
        purges.Advance(batch.Next);
        return touched;
    }

    /// <summary>What came before <paramref name="next"/> concerns nothing that is held here.</summary>
    public void Begin(long next) => purges.Begin(next);

    /// <summary>RFC 9111 §4.4: the target of a successful unsafe request, and Location and Content-Location of the same authority.</summary>
    /// <param name="key">The target's key.</param>
    /// <param name="response">The answer's fields.</param>
    /// <param name="began">When the request was sent.</param>
    /// <returns>The moment that the answer itself counts from; null when something else changed the target since the request was sent.</returns>
    public Beginning? InvalidateAfter(CacheKey key, HeaderList response, in Beginning began)
    {
        HashSet<CacheKey> keys = [key, .. NamedBy(key, response.First("Location")), .. NamedBy(key, response.First("Content-Location"))];
        var own = purges.Invalidate(keys.Select(PurgeNames.OfKey), began, key);
        Void(PurgeScope.OfKeys(keys), disk.Objects);
        store.Purge([PurgeScope.OfKeys(keys)], time);
        return own;
    }

    /// <summary>Whether an answer says, by its one Content-Location, that it represents the resource with this key (RFC 9110 §8.7).</summary>
    public bool IsOf(CacheKey key, HeaderList response) => response.CountOf(FieldId.ContentLocation) == 1 && NamedBy(key, response.First("Content-Location")).Contains(key);

    /// <summary>The keys that a reference of an answer names, of the same authority: as it stands, and as a browser would ask for it.</summary>
    private IEnumerable<CacheKey> NamedBy(CacheKey key, string? reference)
    {
        if (reference is null || !Uri.TryCreate(key.ToString(), UriKind.Absolute, out var self) || !Uri.TryCreate(self, reference, out var named)
            || named.Authority != self.Authority || !named.Scheme.StartsWith("http", StringComparison.Ordinal))
        {
            return [];
        }

        var raw = reference.StartsWith('/') ? $"{self.Scheme}://{self.Authority}{reference}" : reference.Contains("://", StringComparison.Ordinal) ? reference : named.AbsoluteUri;
        return CacheKey.OfUrl(raw).Concat(CacheKey.OfUrl(named.AbsoluteUri)).Select(ByRoute);
    }

    /// <summary>
    /// What no feed remembers must leave the disk itself, or it would be back after a restart: keys at once, and everything where only heads would tell
    /// what a tag or pattern means. Purges from a feed are found again there, and judged when a head is read.
    /// </summary>
    private static void Void(PurgeScope scope, DiskObjects? objects)
    {
        if (scope.SurrogateKeys.Count > 0 || scope.Patterns.Count > 0)
        {
            objects?.Tier.RemoveAll();
            return;
        }

        foreach (var key in scope.Keys)
        {
            objects?.Remove(key);
        }
    }

    private int[] Obey(IReadOnlyList<(long Offset, PurgeScope Scope)> ordered)
    {
        foreach (var (offset, scope) in ordered)
        {
            Count(purges.Add(offset, scope));
        }

        return store.Purge([.. ordered.Select(static purge => purge.Scope)], time);
    }

    private void Count(bool collapsed)
    {
        if (collapsed)
        {
            meters.BoundHit(DeliveryReason.Purged);
        }
    }

    private PurgeScope ScopeOrAll(PurgeRequest request)
    {
        try
        {
            return ScopeOf(request);
        }
        catch (ArgumentException)
        {
            return new PurgeScope([], [], [PurgePattern.Everything], Soft: false);
        }
    }

    private PurgeScope ScopeOf(PurgeRequest request)
    {
        if (request.Prefixes.Select(routes().PrefixFault).FirstOrDefault(static fault => fault is not null) is { } unclear)
        {
            throw new ArgumentException($"expected {unclear}", nameof(request));
        }

        List<PurgePattern> patterns = [.. request.Prefixes.SelectMany(CacheKey.OfUrl).Select(prefix => PurgePattern.OfPrefix(routes().PrefixOf(prefix)))];
        if (request.Route is not null)
        {
            patterns.Add(PurgePattern.OfRoute(RoutePattern.Parse(request.Route, out var fault) ?? throw new ArgumentException(fault, nameof(request))));
        }

        var keys = request.Urls.SelectMany(url => CacheKey.OfUrl(url).Select(ByRoute)).ToHashSet();
        return new PurgeScope(keys, request.Keys, patterns, request.Soft);
    }

    /// <summary>A URL is spelt as clients spell it; its key is what the route makes of that.</summary>
    private CacheKey ByRoute(CacheKey url) => routes().KeyOf(url);
}
