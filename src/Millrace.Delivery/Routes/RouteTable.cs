using System.Buffers;
using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Routes;

/// <summary>An immutable set of routes. The plane swaps it by one reference, and a request keeps the one it began with.</summary>
public sealed class RouteTable
{
    private readonly (RoutePattern Pattern, Route Route)[] _patterns;

    private RouteTable((RoutePattern Pattern, Route Route)[] patterns) => _patterns = patterns;

    /// <summary>A table that matches nothing.</summary>
    public static RouteTable Empty { get; } = new([]);

    /// <summary>The routes, most specific first.</summary>
    public IReadOnlyList<Route> Routes => Array.ConvertAll(_patterns, static p => p.Route);

    /// <summary>Builds a table.</summary>
    /// <exception cref="RouteTableException">Any route is wrong; all faults are listed.</exception>
    public static RouteTable Create(IEnumerable<Route> routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        List<string> faults = [];
        List<(RoutePattern Pattern, Route Route)> patterns = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        var index = -1;
        foreach (var route in routes)
        {
            index++;
            var pattern = RoutePattern.Parse(route.Match ?? "", out var fault);
            AddFault(faults, index, route, fault);
            AddFault(faults, index, route, OriginFault(route.Origin));
            AddFault(faults, index, route, TagFault(route.TagParameter));
            AddFaults(faults, index, route, "group", route.Group?.Faults());
            AddFaults(faults, index, route, "shields", route.Shields?.Faults());
            foreach (var wrong in route.Faults())
            {
                AddFault(faults, index, route, wrong);
            }

            if (pattern is null)
            {
                continue;
            }

            AddFault(faults, index, route, seen.Add($"{pattern.Host}{pattern.Path}{pattern.IsPrefix}") ? null : "the same pattern stands twice");
            patterns.Add((pattern, route.Compiled()));
        }

        if (faults.Count > 0)
        {
            throw new RouteTableException(faults);
        }

        var ordered = patterns.OrderByDescending(static p => p.Pattern.HostRank).ThenByDescending(static p => p.Pattern.Path.Length).ThenBy(static p => p.Pattern.IsPrefix);
        return new RouteTable([.. ordered]);
    }

    /// <summary>The route of a request, or null: the most specific host wins, then the longest path.</summary>
    /// <param name="authority">Host with or without port.</param>
    /// <param name="path">The raw path, without the query.</param>
    public Route? Find(ReadOnlySpan<byte> authority, ReadOnlySpan<byte> path)
    {
        var host = RoutePattern.WithoutPort(authority);
        foreach (var (pattern, route) in _patterns)
        {
            if (pattern.Matches(host, path))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>The route that serves a URL, or null: also when it is none.</summary>
    public Route? FindByUrl(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var absolute) || absolute.Scheme is not ("http" or "https"))
        {
            return null;
        }

        var key = CacheKey.OfUrl(url).First();
        return Find(key.Authority, key.Target, out _);
    }

    /// <summary>
    /// The route of a target. The path is matched in normal form, and in lower case where a route folds it, since that is the form in which the key has it:
    /// what one route's rules make of a path is never another's object.
    /// </summary>
    /// <param name="authority">Host with or without port.</param>
    /// <param name="target">Path and query as they came.</param>
    /// <param name="changed">The target with its path so changed; empty when that changes nothing.</param>
    internal Route? Find(ReadOnlySpan<byte> authority, ReadOnlySpan<byte> target, out ReadOnlySpan<byte> changed)
    {
        changed = default;
        var path = PathOf(target);
        if (!PathNormal.Holds(path))
        {
            changed = target = With(target, path, PathNormal.Write);
            path = PathOf(target);
        }

        var route = Find(authority, path);
        if (route?.Target.FoldPathCase != true || path.IndexOfAnyInRange((byte)'A', (byte)'Z') < 0)
        {
            return route;
        }

        changed = target = With(target, path, PathNormal.WriteFolded);
        return Find(authority, PathOf(target));
    }

    /// <summary>The key of a URL: what its route makes of the target.</summary>
    internal CacheKey KeyOf(CacheKey url)
    {
        var route = Find(url.Authority, url.Target, out var changed);
        ArrayBufferWriter<byte> target = new();
        route?.Rewrite.Write(changed.IsEmpty ? url.Target : changed, target);
        return route is null ? url : url.WithTarget(target.WrittenSpan);
    }

    /// <summary>How keys begin of URLs that begin so: the path in the form that its route gives it.</summary>
    internal CacheKey PrefixOf(CacheKey url)
    {
        Find(url.Authority, url.Target, out var changed);
        return changed.IsEmpty ? url : url.WithTarget(changed);
    }

    /// <summary>
    /// Why the beginning of a URL names no beginnings of keys; null when it does. A query that a route rewrites begins otherwise in its keys than in its
    /// URLs, and what a purge names must not stay.
    /// </summary>
    public string? PrefixFault(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return CacheKey.OfUrl(prefix).Select(PrefixFault).FirstOrDefault(static fault => fault is not null);
    }

    private string? PrefixFault(CacheKey prefix)
    {
        var query = prefix.Target.IndexOf((byte)'?');
        return query < 0 || Find(prefix.Authority, prefix.Target, out _) is not { } route ? null
            : !route.Target.KeepsQuery ? $"a prefix without a query, since the route '{route.Match}' rewrites queries: purge the path, or URLs"
            : route.Rewrite.Drops(prefix.Target[(query + 1)..]) ? $"a prefix without the tag or signature of the route '{route.Match}', which are no part of keys"
            : null;
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target) => target.IndexOf((byte)'?') is >= 0 and var query ? target[..query] : target;

    private static ReadOnlySpan<byte> With(ReadOnlySpan<byte> target, ReadOnlySpan<byte> path, PathWriter write)
    {
        ArrayBufferWriter<byte> changed = new(target.Length);
        write(path, changed);
        changed.Write(target[path.Length..]);
        return changed.WrittenSpan;
    }

    private delegate void PathWriter(ReadOnlySpan<byte> path, IBufferWriter<byte> into);

    private static void AddFault(List<string> faults, int index, Route route, string? fault)
    {
        if (fault is not null)
        {
            faults.Add($"routes[{index}] '{route.Match}': {fault}");
        }
    }

    private static void AddFaults(List<string> faults, int index, Route route, string part, IReadOnlyList<string>? found)
    {
        foreach (var fault in found ?? [])
        {
            AddFault(faults, index, route, $"{part}.{fault}");
        }
    }

    private static string? OriginFault(Uri? origin) => Origins.OptionFaults.AddressFault(origin) is { } fault ? $"origin: {fault}" : null;

    private static string? TagFault(string? name) =>
        name is null || (name.Length > 0 && name.AsSpan().IndexOfAnyExcept(TagParameterCharacters) < 0)
            ? null
            : "tagParameter: expected letters, digits, '-', '_' or '.'";

    private static readonly SearchValues<char> TagParameterCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
}
