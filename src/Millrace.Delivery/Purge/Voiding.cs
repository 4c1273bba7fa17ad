using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Purge;

/// <summary>Takes out of the store, and out of reach of what is on its way, what a purge or an unsafe request names.</summary>
internal sealed class Voiding(PurgeLog purges, MemoryStore store, DeliveryMeters meters, Func<RouteTable> routes)
{
    /// <summary>Obeys a purge; returns how many stored responses left.</summary>
    /// <exception cref="ArgumentException">The route is not a pattern.</exception>
    public int Purge(PurgeRequest request)
    {
        string? fault = null;
        var route = request.Route is null ? null : RoutePattern.Parse(request.Route, out fault);
        if (fault is not null)
        {
            throw new ArgumentException(fault, nameof(request));
        }

        var keys = request.Urls.SelectMany(url => CacheKey.OfUrl(url).Select(WithoutTag)).ToHashSet(StringComparer.Ordinal);
        if (purges.Add([.. keys.Select(PurgeNames.OfKey), .. request.Keys.Select(PurgeNames.OfSurrogate)], route))
        {
            meters.BoundHit(DeliveryReason.Purged);
        }

        return store.Purge(keys, request.Keys, route);
    }

    /// <summary>RFC 9111 §4.4: the target of a successful unsafe request, and Location and Content-Location of the same authority.</summary>
    public void InvalidateAfter(string key, HeaderList response)
    {
        HashSet<string> keys = new(StringComparer.Ordinal) { key };
        if (Uri.TryCreate(key, UriKind.Absolute, out var self))
        {
            foreach (var name in (ReadOnlySpan<string>)["Location", "Content-Location"])
            {
                if (response.First(name) is { } text && Uri.TryCreate(self, text, out var named) && named.Authority == self.Authority && named.Scheme.StartsWith("http", StringComparison.Ordinal))
                {
                    // As it stands, and as a browser would ask for it.
                    var raw = text.StartsWith('/') ? $"{self.Scheme}://{self.Authority}{text}" : text.Contains("://", StringComparison.Ordinal) ? text : named.AbsoluteUri;
                    keys.UnionWith(CacheKey.OfUrl(raw).Concat(CacheKey.OfUrl(named.AbsoluteUri)).Select(WithoutTag));
                }
            }
        }

        purges.Invalidate(keys.Select(PurgeNames.OfKey));
        store.Purge(keys, [], null);
    }

    /// <summary>A purged URL may carry a tag, as the client's did.</summary>
    private string WithoutTag(string key)
    {
        var slash = key.IndexOf('/', key.IndexOf("//", StringComparison.Ordinal) + 2);
        var (authority, path) = CacheKey.Split(key);
        return key[..slash] + TagParameter.Take(key[slash..], routes().Find(authority, path)?.TagParameter).Target;
    }
}
