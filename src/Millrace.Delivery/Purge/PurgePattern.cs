using Millrace.Delivery.Keys;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Purge;

/// <summary>What a purge names without listing it: all keys of a route, or all that begin with a URL.</summary>
internal sealed class PurgePattern
{
    private readonly RoutePattern? _route;
    private readonly byte[] _prefix = [];

    private PurgePattern(RoutePattern route) => _route = route;

    private PurgePattern(byte[] prefix) => _prefix = prefix;

    public static PurgePattern Everything { get; } = new([]);

    public static PurgePattern OfRoute(RoutePattern route) => new(route);

    public static PurgePattern OfPrefix(CacheKey prefix) => new(prefix.Bytes.ToArray());

    public bool Covers(CacheKey key) => _route?.Covers(key.Authority, key.Path) ?? key.Bytes.StartsWith(_prefix);
}
