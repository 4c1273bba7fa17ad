using System.Text;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Purge;

/// <summary>What a purge names without listing it: all keys of a route, or all that begin with a URL.</summary>
internal sealed class PurgePattern
{
    private readonly RoutePattern? _route;
    private readonly byte[] _prefix = [];
    private readonly bool _ofBothSchemes;

    private PurgePattern(RoutePattern route) => _route = route;

    private PurgePattern(byte[] prefix, bool ofBothSchemes) => (_prefix, _ofBothSchemes) = (prefix, ofBothSchemes);

    public static PurgePattern OfRoute(RoutePattern route) => new(route);

    /// <param name="keyPrefix">As keys begin: <c>scheme://host/path</c>, or without a scheme for both.</param>
    public static PurgePattern OfPrefix(string keyPrefix) =>
        new(Encoding.Latin1.GetBytes(keyPrefix), ofBothSchemes: !keyPrefix.Contains("://", StringComparison.Ordinal));

    public bool Covers(CacheKey key) => _route is not null
        ? _route.Covers(key.Authority, key.Path)
        : (_ofBothSchemes ? key.WithoutScheme : key.Bytes).StartsWith(_prefix);
}
