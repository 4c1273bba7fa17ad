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
            patterns.Add((pattern, route));
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

    private static readonly System.Buffers.SearchValues<char> TagParameterCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
}
