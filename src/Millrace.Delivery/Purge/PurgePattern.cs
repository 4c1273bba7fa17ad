using Millrace.Delivery.Keys;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Purge;

/// <summary>What a purge names without listing it: all keys of a route, or all that begin with a URL.</summary>
internal sealed class PurgePattern
{
    private readonly RoutePattern? _route;
    private readonly string? _scheme;
    private readonly string _prefix = "";

    private PurgePattern(RoutePattern route) => _route = route;

    private PurgePattern(string? scheme, string prefix) => (_scheme, _prefix) = (scheme, prefix);

    public static PurgePattern OfRoute(RoutePattern route) => new(route);

    /// <param name="keyPrefix">As keys begin: <c>scheme://host/path</c>, or without a scheme for both.</param>
    public static PurgePattern OfPrefix(string keyPrefix)
    {
        var scheme = keyPrefix.IndexOf("://", StringComparison.Ordinal);
        return scheme < 0 ? new(null, keyPrefix) : new(keyPrefix[..scheme], keyPrefix[(scheme + 3)..]);
    }

    public bool Covers(ReadOnlySpan<char> key)
    {
        if (_route is not null)
        {
            CacheKey.Split(key, out var authority, out var path);
            return _route.Covers(authority, path);
        }

        var scheme = key.IndexOf("://");
        return key[(scheme + 3)..].StartsWith(_prefix, StringComparison.Ordinal) && (_scheme is null || key[..scheme].SequenceEqual(_scheme));
    }
}
